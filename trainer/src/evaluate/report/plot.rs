//! Line, dot and bar charts as inline SVG.
//!
//! The plotting library knows fixed colours only. The page's style sheet exchanges the ones below,
//! which is how a chart follows a dark page.

use std::ops::Range;

use anyhow::Context;
use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;

/// Text and axes.
const INK: RGBColor = RGBColor(0, 0, 0);

/// What stands on a chart.
#[derive(Debug, Clone)]
pub(super) struct Chart<'a> {
    /// Spoken in place of the picture.
    pub(super) description: &'a str,
    /// Width and height in pixels.
    pub(super) size: (u32, u32),
    /// From left to right.
    pub(super) x: Axis<'a>,
    /// From bottom to top.
    pub(super) y: Axis<'a>,
    /// Drawn in this order.
    pub(super) series: Vec<Series>,
}

/// One side of a chart.
#[derive(Debug, Clone)]
pub(super) struct Axis<'a> {
    /// Beside the axis; empty for none.
    pub(super) title: &'a str,
    /// What it spans.
    pub(super) range: Range<f64>,
    /// Names of the places 0, 1, 2…, in place of numbers.
    pub(super) names: &'a [String],
}

/// Points with how they are drawn.
#[derive(Debug, Clone)]
pub(super) struct Series {
    /// Places on the axes.
    pub(super) points: Vec<(f64, f64)>,
    /// Its look.
    pub(super) mark: Mark,
    /// Its colour.
    pub(super) colour: Colour,
}

/// How points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Joined.
    Line,
    /// One by one.
    Dots,
    /// As columns from zero.
    Bars,
}

/// What a series means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// What was measured.
    Measured,
    /// A second thing that was measured.
    Second,
    /// What it should be.
    Reference,
}

impl Chart<'_> {
    /// The chart as an SVG element.
    pub(super) fn svg(&self) -> anyhow::Result<Markup> {
        let mut text = String::new();
        self.draw(&mut text)
            .with_context(|| format!("cannot draw {}", self.description))?;
        Ok(html! {
            span.chart role="img" aria-label=(self.description) { (PreEscaped(text)) }
        })
    }

    fn draw(&self, text: &mut String) -> anyhow::Result<()> {
        let root = SVGBackend::with_string(text, self.size).into_drawing_area();
        let has_title = |axis: &Axis<'_>| u32::from(!axis.title.is_empty());
        let mut chart = ChartBuilder::on(&root)
            .margin(6)
            .margin_right(12)
            .x_label_area_size(22 + 16 * has_title(&self.x))
            .y_label_area_size(30 + 16 * has_title(&self.y))
            .build_cartesian_2d(self.x.range.clone(), self.y.range.clone())?;
        let (x_name, y_name) = (
            |value: &f64| self.x.name(*value),
            |value: &f64| self.y.name(*value),
        );
        let mut mesh = chart.configure_mesh();
        if !self.x.names.is_empty() {
            mesh.disable_x_mesh();
        }
        mesh.axis_style(INK.mix(0.5))
            .bold_line_style(INK.mix(0.12))
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 14, &INK))
            .axis_desc_style(("sans-serif", 14, &INK))
            .x_labels(self.x.labels(self.size.0))
            .y_labels(self.y.labels(self.size.1))
            .x_label_formatter(&x_name)
            .y_label_formatter(&y_name)
            .x_desc(self.x.title)
            .y_desc(self.y.title)
            .draw()?;
        drop(mesh);
        for series in &self.series {
            let colour = series.colour.rgb();
            let points = series.points.iter().copied();
            match series.mark {
                Mark::Line => {
                    chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
                }
                Mark::Dots => {
                    chart
                        .draw_series(points.map(|point| Circle::new(point, 3, colour.filled())))?;
                }
                Mark::Bars => {
                    chart.draw_series(points.map(|(x, y)| {
                        Rectangle::new([(x - 0.35, 0.0), (x + 0.35, y)], colour.filled())
                    }))?;
                }
            }
        }
        root.present()?;
        Ok(())
    }
}

impl Axis<'_> {
    /// From 0 to 1.
    pub(super) fn share(title: &str) -> Axis<'_> {
        Axis {
            title,
            range: 0.0..1.0,
            names: &[],
        }
    }

    /// One place for each name.
    pub(super) fn places<'a>(title: &'a str, names: &'a [String]) -> Axis<'a> {
        Axis {
            title,
            range: -0.5..names.len() as f64 - 0.5,
            names,
        }
    }

    fn labels(&self, size: u32) -> usize {
        if self.names.is_empty() {
            (size / 50).max(2) as usize
        } else {
            // Ticks at every half, so that all whole places are among them.
            2 * self.names.len() + 1
        }
    }

    fn name(&self, value: f64) -> String {
        if self.names.is_empty() {
            return format!("{}", (value * 100.0).round() / 100.0);
        }
        let place = value.round();
        if (value - place).abs() > 0.01 || place < 0.0 {
            return String::new();
        }
        self.names.get(place as usize).cloned().unwrap_or_default()
    }
}

impl Colour {
    /// Also in `style.css`.
    fn rgb(self) -> RGBColor {
        match self {
            Self::Measured => RGBColor(0x1F, 0x6F, 0xB2),
            Self::Second => RGBColor(0xC2, 0x5B, 0x12),
            Self::Reference => RGBColor(0x77, 0x77, 0x77),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_holds_its_points_names_and_exchangeable_colours() {
        let names = ["1".to_owned(), "2–4".to_owned()];
        let chart = Chart {
            description: "bars",
            size: (300, 200),
            x: Axis::places("trained on", &names),
            y: Axis::share("top-1"),
            series: vec![Series {
                points: vec![(0.0, 0.25), (1.0, 1.0)],
                mark: Mark::Bars,
                colour: Colour::Measured,
            }],
        };

        let svg = chart.svg().unwrap().into_string();

        for part in [
            "aria-label=\"bars\"",
            "trained on",
            "2–4",
            "top-1",
            "#1F6FB2",
            "#000000",
        ] {
            assert!(svg.contains(part), "no {part} in {svg}");
        }
        let css = include_str!("style.css");
        for colour in [Colour::Measured, Colour::Second, Colour::Reference] {
            let RGBColor(r, g, b) = colour.rgb();
            assert!(
                css.contains(&format!("#{r:02X}{g:02X}{b:02X}")),
                "{colour:?}"
            );
        }
    }
}
