//! Draws what the layout places, as SVG.

use std::fmt::Write as _;

use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;

/// Pixels of a line of text.
const LINE: f64 = 18.0;
/// Pixels of a letter, which has a fixed width.
const LETTER: f64 = 8.0;
/// Pixels around the text of a table.
const EDGE: f64 = 10.0;

/// Return the size of a table with these lines.
pub(super) fn size_of(lines: &[String]) -> Point {
    Point::new(
        width(lines.iter().map(String::as_str)) + 2.0 * EDGE,
        height(lines.len()),
    )
}

#[expect(clippy::cast_precision_loss, reason = "a name has few letters")]
fn width<'a>(lines: impl Iterator<Item = &'a str>) -> f64 {
    lines.map(|line| line.chars().count()).max().unwrap_or(0) as f64 * LETTER
}

#[expect(clippy::cast_precision_loss, reason = "a table has few columns")]
fn height(lines: usize) -> f64 {
    lines as f64 * LINE + 2.0 * EDGE
}

/// The picture.
#[derive(Default)]
pub(super) struct Canvas {
    content: String,
    /// The lower right corner.
    end: (f64, f64),
}

impl Canvas {
    pub(super) fn finish(&self) -> String {
        let (width, height) = (self.end.0 + EDGE, self.end.1 + EDGE);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"monospace\" font-size=\"13\">\n\
             <defs><marker id=\"end\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" \
             markerHeight=\"7\" orient=\"auto\"><path d=\"M 0 0 L 10 5 L 0 10 z\" fill=\"#556\"/>\
             </marker></defs>\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{}</svg>\n",
            self.content
        )
    }

    fn grow(&mut self, x: f64, y: f64) {
        self.end = (self.end.0.max(x), self.end.1.max(y));
    }

    fn text(&mut self, (x, y): (f64, f64), attributes: &str, text: &str) {
        let _ = writeln!(
            self.content,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" xml:space=\"preserve\" {attributes}>{}</text>",
            escaped(text)
        );
    }
}

impl RenderBackend for Canvas {
    fn draw_rect(
        &mut self,
        xy: Point,
        size: Point,
        _look: &StyleAttr,
        _properties: Option<String>,
        _clip: Option<ClipHandle>,
    ) {
        self.grow(xy.x + size.x, xy.y + size.y);
        let _ = writeln!(
            self.content,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"5\" fill=\"#f7f8fb\" \
             stroke=\"#556\"/>",
            xy.x, xy.y, size.x, size.y
        );
    }

    /// The lines of a table around its centre: the name, and the columns under it.
    fn draw_text(&mut self, center: Point, text: &str, _look: &StyleAttr) {
        let lines: Vec<&str> = text.lines().collect();
        let half = width(lines.iter().copied()) / 2.0;
        let mut y = center.y - height(lines.len()) / 2.0 + EDGE + LINE * 0.7;
        for (at, line) in lines.iter().enumerate() {
            let look = if at == 0 {
                "font-weight=\"bold\" fill=\"#223\""
            } else {
                "fill=\"#223\""
            };
            self.text((center.x - half, y), look, line);
            y += LINE;
        }
    }

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        dashed: bool,
        _head: (bool, bool),
        _look: &StyleAttr,
        _properties: Option<String>,
        text: &str,
    ) {
        let [first, second, rest @ ..] = path else {
            return;
        };
        let mut curve = format!(
            "M {:.1} {:.1} C {:.1} {:.1}, {:.1} {:.1}, {:.1} {:.1}",
            first.0.x,
            first.0.y,
            first.1.x,
            first.1.y,
            second.0.x,
            second.0.y,
            second.1.x,
            second.1.y
        );
        for point in rest {
            let _ = write!(
                curve,
                " S {:.1} {:.1}, {:.1} {:.1}",
                point.0.x, point.0.y, point.1.x, point.1.y
            );
        }
        for point in path {
            self.grow(point.1.x, point.1.y);
        }
        let dash = if dashed {
            " stroke-dasharray=\"5 4\""
        } else {
            ""
        };
        let _ = writeln!(
            self.content,
            "<path d=\"{curve}\" fill=\"none\" stroke=\"#556\"{dash} marker-end=\"url(#end)\">\
             <title>{}</title></path>",
            escaped(text)
        );
    }

    // The diagram has no other shapes.
    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}

fn escaped(text: &str) -> String {
    let is_forbidden = |c: char| c.is_control() && c != '\t';
    text.replace(is_forbidden, " ")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
