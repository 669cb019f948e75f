//! One small chart for each axis along which a host grows: an SVG that stands alone, in light and in dark.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Context;

/// What grows, and what is measured while it grows.
pub(crate) struct Axis {
    /// The name of the chart's file.
    pub(crate) file: &'static str,
    title: &'static str,
    /// What one means.
    of: &'static str,
    /// What grows: the numbers below the chart.
    along: &'static str,
    lines: &'static [Line],
    goal: Option<Goal>,
}

/// The points of one side; the first is one, the others are ratios to it.
struct Line {
    /// Its name, where there is more than one.
    name: &'static str,
    from: u32,
    points: &'static [(u32, &'static str)],
}

/// What every point should keep to.
#[derive(Clone, Copy)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn words(self) -> (&'static str, f64) {
        match self {
            Self::AtMost(aim) => ("at most", aim),
            Self::AtLeast(aim) => ("at least", aim),
        }
    }
}

const fn line(name: &'static str, from: u32, points: &'static [(u32, &'static str)]) -> Line {
    Line { name, from, points }
}

/// Every axis.
pub(crate) const AXES: [Axis; 6] = [
    Axis {
        file: "connections",
        title: "Connections",
        of: "requests per second; 1 is what the same side does over one connection",
        along: "connections",
        lines: &[
            line("host", 1, &[(8, "connections_8_vs_1"), (64, "connections_64_vs_1")]),
            line("native", 1, &[(8, "native_connections_8_vs_1"), (64, "native_connections_64_vs_1")]),
        ],
        goal: Some(Goal::AtLeast(0.9)),
    },
    Axis {
        file: "patients",
        title: "Other patients in the ward",
        of: "time to gather one patient's rows; 1 is that with ten others",
        along: "other patients",
        lines: &[line("", 10, &[(100, "scale/100-patients"), (1_000, "scale/1000-patients")])],
        goal: None,
    },
    Axis {
        file: "record",
        title: "Size of the patient's record",
        of: "time of the newest five results; 1 is that of a record of a thousand",
        along: "resources",
        lines: &[line("", 1_000, &[(10_000, "record_1e4_vs_1e3"), (100_000, "record_1e5_vs_1e3")])],
        goal: Some(Goal::AtMost(1.2)),
    },
    Axis {
        file: "plugins",
        title: "Installed plugins",
        of: "mean time of a run, the n-th called 1/n as often; 1 is that of one plugin",
        along: "plugins",
        lines: &[line("", 1, &[(10, "plugins_10_vs_1"), (100, "plugins_100_vs_1"), (1_000, "plugins_1000_vs_1")])],
        goal: Some(Goal::AtMost(3.0)),
    },
    Axis {
        file: "policies",
        title: "Policies",
        of: "time to admit a call and gather its rows; 1 is that under ten policies",
        along: "policies",
        lines: &[line("", 10, &[(100, "policies_100_vs_10/call"), (1_000, "policies/call")])],
        goal: Some(Goal::AtMost(1.1)),
    },
    Axis {
        file: "tenants",
        title: "Tenants whose turns come round",
        of: "time to admit a call and gather its rows; 1 is that of one tenant",
        along: "tenants",
        lines: &[line("", 1, &[(10, "tenants_10_vs_1/call"), (100, "tenants/call")])],
        goal: Some(Goal::AtMost(1.1)),
    },
];

/// The drawing, and the field of the points in it.
const WIDTH: f64 = 490.0;
const HEIGHT: f64 = 270.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 404.0;
const TOP: f64 = 66.0;
const BOTTOM: f64 = 218.0;

/// Where the number of a point stands.
const ABOVE: f64 = -11.0;
const BELOW: f64 = 20.0;

const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#57606a}.title{font-size:15px;font-weight:600;fill:#1f2328}\
    .page{fill:#fff}.value{font-weight:600;fill:#1f2328;paint-order:stroke;stroke:#fff;stroke-width:3px}.grid{stroke:#d8dee4}.goal{stroke:#bf8700;stroke-dasharray:5 4}.aim{fill:#9a6700}\
    polyline{fill:none;stroke-width:2.5;stroke-linejoin:round}.a{stroke:#0969da;fill:#0969da}.b{stroke:#8c959f;fill:#8c959f}\
    .a.name,.b.name{stroke:none;font-weight:600}polyline.a,polyline.b{fill:none}\
    @media(prefers-color-scheme:dark){.page{fill:#0d1117}.value{stroke:#0d1117}text{fill:#9198a1}.title,.value{fill:#f0f6fc}.grid{stroke:#3d444d}\
    .goal{stroke:#d29922}.aim{fill:#d29922}.a{stroke:#4493f8;fill:#4493f8}}";

/// A point: what grew, and the ratio.
type Point = (u32, f64);

impl Axis {
    /// The chart of these ratios.
    pub(crate) fn draw(&self, ratios: &BTreeMap<String, f64>) -> anyhow::Result<String> {
        let sides: Vec<(&Line, Vec<Point>)> =
            self.lines.iter().map(|line| Ok((line, line.points(ratios)?))).collect::<anyhow::Result<_>>()?;
        let field = Field::of(sides.iter().flat_map(|(_, points)| points), self.goal);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             role=\"img\">\n<title>{}: {}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"page\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\"/>\n",
            self.title, self.of
        );
        text(&mut svg, (12.0, 24.0), "start", "title", self.title)?;
        text(&mut svg, (12.0, 44.0), "start", "of", self.of)?;
        field.draw(&mut svg)?;
        if let Some(goal) = self.goal {
            field.goal(&mut svg, goal)?;
        }
        for (class, (line, points)) in ["a", "b"].into_iter().zip(&sides) {
            let others: Vec<Point> =
                sides.iter().filter(|(other, _)| other.name != line.name).flat_map(|(_, at)| at).copied().collect();
            field.side(&mut svg, (class, line.name), &field.below(self.goal, points, &others), points)?;
        }
        let (_, points) = sides.first().context("an axis has a line")?;
        for (grown, _) in points {
            text(&mut svg, (field.x(*grown), BOTTOM + 18.0), "middle", "tick", &thousands(*grown))?;
        }
        text(&mut svg, (f64::midpoint(LEFT, RIGHT), BOTTOM + 38.0), "middle", "along", self.along)?;
        svg.push_str("</svg>\n");
        Ok(svg)
    }
}

impl Line {
    fn points(&self, ratios: &BTreeMap<String, f64>) -> anyhow::Result<Vec<Point>> {
        let point = |(grown, name): &(u32, &str)| {
            Ok((*grown, *ratios.get(*name).with_context(|| format!("the run has no `{name}`"))?))
        };
        std::iter::once(Ok((self.from, 1.0))).chain(self.points.iter().map(point)).collect()
    }
}

/// Where a point of the axis stands in the drawing: along by powers of ten, up from zero.
struct Field {
    least: f64,
    most: f64,
    top: f64,
    step: f64,
}

impl Field {
    fn of<'p>(points: impl Iterator<Item = &'p Point> + Clone, goal: Option<Goal>) -> Self {
        let grown = points.clone().map(|(grown, _)| f64::from(*grown).ln());
        let aimed = goal.map_or(0.0, |goal| goal.words().1);
        let highest = points.map(|(_, ratio)| *ratio).fold(aimed, f64::max);
        // At most four lines above zero, and room for the numbers above them.
        let step = [0.25, 0.5, 1.0, 2.0, 5.0].into_iter().find(|step| highest / step < 4.0).unwrap_or(10.0);
        Self {
            least: grown.clone().fold(f64::INFINITY, f64::min),
            most: grown.fold(0.0, f64::max),
            top: highest * 1.18,
            step,
        }
    }

    fn x(&self, grown: u32) -> f64 {
        LEFT + 24.0 + (f64::from(grown).ln() - self.least) / (self.most - self.least) * (RIGHT - LEFT - 48.0)
    }

    fn y(&self, ratio: f64) -> f64 {
        BOTTOM - ratio / self.top * (BOTTOM - TOP)
    }

    fn draw(&self, svg: &mut String) -> anyhow::Result<()> {
        let lines = std::iter::successors(Some(0.0), |at| Some(at + self.step)).take_while(|at| *at <= self.top);
        for at in lines {
            let y = self.y(at);
            writeln!(svg, "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>")?;
            text(svg, (LEFT - 8.0, y + 4.0), "end", "tick", &at.to_string())?;
        }
        Ok(())
    }

    fn goal(&self, svg: &mut String, goal: Goal) -> anyhow::Result<()> {
        let (words, aim) = goal.words();
        let y = self.y(aim);
        writeln!(svg, "<line class=\"goal\" x1=\"{LEFT}\" x2=\"{RIGHT}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>")?;
        text(svg, (RIGHT + 6.0, y + 4.0), "start", "aim", &format!("{words} {aim}"))
    }

    /// Which numbers stand below their points: clear of a goal that is kept, of the other side where that is higher, and of
    /// what is below the chart.
    fn below(&self, goal: Option<Goal>, points: &[Point], others: &[Point]) -> Vec<bool> {
        let kept = |ratio: f64| matches!(goal, Some(Goal::AtMost(aim)) if ratio <= aim);
        let lower = |(grown, ratio): Point| others.iter().any(|(at, other)| *at == grown && *other > ratio);
        let below = |point: &Point| (kept(point.1) || lower(*point)) && self.y(point.1) + BELOW < BOTTOM;
        points.iter().map(below).collect()
    }

    fn side(
        &self,
        svg: &mut String,
        (class, name): (&str, &str),
        below: &[bool],
        points: &[Point],
    ) -> anyhow::Result<()> {
        let at: Vec<String> =
            points.iter().map(|(grown, ratio)| format!("{:.1},{:.1}", self.x(*grown), self.y(*ratio))).collect();
        writeln!(svg, "<polyline class=\"{class}\" points=\"{}\"/>", at.join(" "))?;
        for (place, ((grown, ratio), below)) in points.iter().zip(below).enumerate() {
            let (x, y) = (self.x(*grown), self.y(*ratio));
            writeln!(svg, "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>")?;
            // The first point is one by definition.
            if place > 0 {
                let clear = if *below { BELOW } else { ABOVE };
                text(svg, (x, y + clear), "middle", "value", &format!("{ratio:.2}"))?;
            }
        }
        let last = points.last().context("a line has points")?;
        let class = format!("{class} name");
        text(svg, (self.x(last.0) + 12.0, self.y(last.1) + 4.0), "start", &class, name)
    }
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, class: &str, words: &str) -> anyhow::Result<()> {
    if !words.is_empty() {
        writeln!(svg, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>")?;
    }
    Ok(())
}

/// 100,000.
fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let parts: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    parts.iter().map(|part| String::from_utf8_lossy(part)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(ratio: f64) -> BTreeMap<String, f64> {
        let names = AXES.iter().flat_map(|axis| axis.lines).flat_map(|line| line.points);
        names.map(|(_, name)| ((*name).to_owned(), ratio)).collect()
    }

    #[test]
    fn an_axis_without_its_ratio_is_not_drawn() {
        for axis in &AXES {
            let error = axis.draw(&BTreeMap::new()).unwrap_err();
            assert!(error.to_string().starts_with("the run has no `"), "{error}");
        }
    }

    #[test]
    fn every_point_of_a_run_is_drawn_with_its_number() {
        for axis in &AXES {
            let svg = axis.draw(&run(1.234)).unwrap();
            let points: usize = axis.lines.iter().map(|line| line.points.len()).sum();
            assert_eq!(svg.matches(">1.23<").count(), points, "{svg}");
            assert_eq!(svg.matches("<circle").count(), points + axis.lines.len());
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn of_two_sides_the_lower_one_has_its_numbers_below() {
        let (low, high) = ([(1, 1.0), (8, 2.0), (64, 3.1)], [(1, 1.0), (8, 3.0), (64, 2.9)]);
        let field = Field::of(low.iter().chain(&high), None);
        assert_eq!(field.below(None, &low, &high), [false, true, false]);
        assert_eq!(field.below(None, &high, &low), [false, false, true]);
    }

    #[test]
    fn a_point_further_along_stands_further_right_and_a_dearer_one_higher() {
        let field = Field::of([(1, 1.0), (10, 1.0), (1_000, 4.0)].iter(), Some(Goal::AtMost(3.0)));
        assert!(field.x(1) < field.x(10) && field.x(10) < field.x(1_000) && field.x(1_000) < RIGHT);
        assert!((field.y(0.0) - BOTTOM).abs() < 1e-9 && field.y(4.0) < field.y(3.0) && field.y(4.0) > TOP);
        assert_eq!((thousands(64).as_str(), thousands(100_000).as_str()), ("64", "100,000"));
    }
}
