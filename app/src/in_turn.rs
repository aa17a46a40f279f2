//! Work that several do at a time, handed out in its own order.

use std::collections::VecDeque;

/// Pieces of work in order, and their results.
///
/// Each may be done by more than one: its first result counts, so that nobody is waited for who may
/// never answer.
#[derive(Debug, Clone)]
pub struct InTurn<W, R> {
    /// Results that are out: the number of the first piece below.
    n_out: usize,
    pieces: VecDeque<Piece<W, R>>,
}

#[derive(Debug, Clone)]
enum Piece<W, R> {
    Waiting(W),
    Begun(W),
    Done(R),
}

impl<W, R> Default for InTurn<W, R> {
    fn default() -> Self {
        Self {
            n_out: 0,
            pieces: VecDeque::new(),
        }
    }
}

impl<W: Clone, R> InTurn<W, R> {
    /// Adds the next piece.
    pub fn push(&mut self, work: W) {
        self.pieces.push_back(Piece::Waiting(work));
    }

    /// Pieces whose results are not out.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Whether all results are out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The first piece that nobody has begun, which is begun with this, and its number.
    pub fn begin(&mut self) -> Option<(usize, W)> {
        let is_waiting = |piece: &Piece<W, R>| matches!(piece, Piece::Waiting(_));
        let index = self.pieces.iter().position(is_waiting)?;
        let work = self.pieces[index].work()?.clone();
        self.pieces[index] = Piece::Begun(work.clone());
        Some((self.n_out + index, work))
    }

    /// The first piece that has no result, whoever may have begun it.
    #[must_use]
    pub fn first_undone(&self) -> Option<(usize, W)> {
        self.undone().next()
    }

    /// The last piece that has no result, whoever may have begun it.
    #[must_use]
    pub fn last_undone(&self) -> Option<(usize, W)> {
        self.undone().next_back()
    }

    /// Whoever began a piece will not end it: somebody else has to.
    pub fn give_back(&mut self, number: usize) {
        if let Some(piece) = self.piece(number)
            && let Piece::Begun(work) = piece
        {
            *piece = Piece::Waiting(work.clone());
        }
    }

    /// The result of a piece, of which only the first counts.
    pub fn end(&mut self, number: usize, result: R) {
        if let Some(piece) = self.piece(number)
            && piece.work().is_some()
        {
            *piece = Piece::Done(result);
        }
    }

    /// Results up to the first piece that has none.
    pub fn hand_out(&mut self) -> Vec<R> {
        let mut results = Vec::new();
        while let Some(piece) = self.pieces.pop_front() {
            match piece {
                Piece::Done(result) => results.push(result),
                undone => {
                    self.pieces.push_front(undone);
                    break;
                }
            }
        }
        self.n_out += results.len();
        results
    }

    fn undone(&self) -> impl DoubleEndedIterator<Item = (usize, W)> {
        let pieces = self.pieces.iter().enumerate();
        pieces.filter_map(|(index, piece)| Some((self.n_out + index, piece.work()?.clone())))
    }

    fn piece(&mut self, number: usize) -> Option<&mut Piece<W, R>> {
        let index = number.checked_sub(self.n_out)?;
        self.pieces.get_mut(index)
    }
}

impl<W, R> Piece<W, R> {
    fn work(&self) -> Option<&W> {
        match self {
            Self::Waiting(work) | Self::Begun(work) => Some(work),
            Self::Done(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four() -> InTurn<char, String> {
        let mut work = InTurn::default();
        "abcd".chars().for_each(|piece| work.push(piece));
        work
    }

    fn begin(work: &mut InTurn<char, String>, n: usize) -> Vec<(usize, char)> {
        (0..n).filter_map(|_| work.begin()).collect()
    }

    fn end(work: &mut InTurn<char, String>, (number, piece): (usize, char)) {
        work.end(number, piece.to_string());
    }

    #[test]
    fn results_come_out_in_order_however_they_come_in() {
        let mut work = four();
        let first = begin(&mut work, 3);

        end(&mut work, first[2]);
        assert!(work.hand_out().is_empty());
        end(&mut work, first[0]);
        assert_eq!(work.hand_out(), ["a"]);
        end(&mut work, first[1]);
        assert_eq!(work.hand_out(), ["b", "c"]);

        work.push('e');
        let last = begin(&mut work, 2);
        assert_eq!(last, [(3, 'd'), (4, 'e')]);
        assert_eq!(work.begin(), None);
        end(&mut work, last[1]);
        end(&mut work, last[0]);
        assert_eq!(work.hand_out(), ["d", "e"]);
        assert!(work.is_empty());
    }

    #[test]
    fn what_is_given_back_is_begun_again() {
        let mut work = four();
        let begun = begin(&mut work, 2);

        work.give_back(0);
        assert_eq!(work.begin(), Some(begun[0]));
        end(&mut work, begun[0]);
        // Too late: it is done.
        work.give_back(0);
        assert_eq!(work.hand_out(), ["a"]);
        work.give_back(0);
        work.give_back(1);
        assert_eq!(work.begin(), Some(begun[1]));
    }

    #[test]
    fn nobody_waits_for_who_never_answers() {
        let mut work = four();
        while work.begin().is_some() {}

        assert_eq!(work.last_undone(), Some((3, 'd')));
        end(&mut work, (3, 'd'));
        assert_eq!(work.last_undone(), Some((2, 'c')));
        assert_eq!(work.first_undone(), Some((0, 'a')));
        end(&mut work, (0, 'a'));
        assert_eq!(work.hand_out(), ["a"]);

        // An answer that comes after all counts for nothing.
        work.end(0, "late".into());
        work.end(3, "late".into());
        end(&mut work, (1, 'b'));
        end(&mut work, (2, 'c'));
        assert_eq!(work.hand_out(), ["b", "c", "d"]);
        assert_eq!(work.first_undone(), None);
        work.end(9, "never asked".into());
        assert_eq!(work.len(), 0);
    }
}
