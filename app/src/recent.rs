//! The last few of many things, as far as there is room.

use std::collections::VecDeque;

/// Things by key, those used last at the end; the one used longest ago makes room for new ones.
#[derive(Debug)]
pub struct Recent<K, V> {
    most_bytes: u64,
    things: VecDeque<Thing<K, V>>,
}

#[derive(Debug)]
struct Thing<K, V> {
    key: K,
    value: V,
    bytes: u64,
}

impl<K: PartialEq, V> Recent<K, V> {
    /// Room for so many bytes, and always for one thing, however large.
    #[must_use]
    pub fn new(most_bytes: u64) -> Self {
        Self {
            most_bytes,
            things: VecDeque::new(),
        }
    }

    /// What lies under a key, if it is still there; it then counts as just used.
    pub fn get(&mut self, key: &K) -> Option<&V> {
        let thing = self.take(key)?;
        self.things.push_back(thing);
        self.things.back().map(|thing| &thing.value)
    }

    /// Puts something in, in place of what lies under the key.
    pub fn insert(&mut self, key: K, value: V, bytes: u64) {
        self.take(&key);
        self.things.push_back(Thing { key, value, bytes });
        while self.things.len() > 1 && self.bytes() > self.most_bytes {
            self.things.pop_front();
        }
    }

    /// Drops what lies under a key.
    pub fn remove(&mut self, key: &K) {
        self.take(key);
    }

    fn take(&mut self, key: &K) -> Option<Thing<K, V>> {
        let place = self.things.iter().position(|thing| thing.key == *key)?;
        self.things.remove(place)
    }

    fn bytes(&self) -> u64 {
        self.things.iter().map(|thing| thing.bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_longest_ago_makes_room() {
        let mut recent = Recent::new(100);
        for key in ["a", "b", "c"] {
            recent.insert(key, key.to_uppercase(), 30);
        }
        assert_eq!(recent.get(&"a"), Some(&"A".to_owned()));
        recent.insert("d", "D".to_owned(), 30);
        assert_eq!(recent.get(&"b"), None);
        for key in ["a", "c", "d"] {
            assert!(recent.get(&key).is_some(), "{key}");
        }
        recent.remove(&"c");
        assert_eq!(recent.get(&"c"), None);
    }

    #[test]
    fn the_last_one_stays_however_large() {
        let mut recent = Recent::new(100);
        recent.insert("small", 1, 50);
        recent.insert("large", 2, 1000);
        assert_eq!(recent.get(&"small"), None);
        assert_eq!(recent.get(&"large"), Some(&2));
        recent.insert("large", 3, 10);
        recent.insert("small", 4, 50);
        assert_eq!(recent.get(&"large"), Some(&3));
    }
}
