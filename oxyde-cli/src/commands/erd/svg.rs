//! The diagram as a picture.

use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, RecordDef, ShapeKind};
use layout::topo::layout::VisualGraph;
use oxyde_migrate::state::label_of;
use oxyde_sql::schema::{Schema, Table};

use super::{kind, relations, roles};

pub(super) fn diagram(schema: &Schema) -> String {
    let mut graph = VisualGraph::new(Orientation::LeftToRight);
    let look = StyleAttr::simple();
    let nodes: Vec<_> = schema
        .tables
        .iter()
        .map(|table| {
            // The library sets the size from the text.
            let size = Point::new(100.0, 100.0);
            let element =
                Element::create(shape(table), look.clone(), Orientation::LeftToRight, size);
            graph.add_node(element)
        })
        .collect();
    for relation in relations(schema) {
        let line = if relation.is_optional {
            LineStyleKind::Dashed
        } else {
            LineStyleKind::Normal
        };
        let arrow = Arrow::new(
            LineEndKind::None,
            LineEndKind::Arrow,
            line,
            &relation.columns.join(", "),
            &look,
            &None,
            &None,
        );
        graph.add_edge(arrow, nodes[relation.from], nodes[relation.to]);
    }
    let mut picture = SVGWriter::new();
    graph.do_it(false, false, false, &mut picture);
    picture.finalize()
}

/// A box with the table's name and its columns.
fn shape(table: &Table) -> ShapeKind {
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let roles = roles(table, &column.name);
            let optional = if column.nullable { "?" } else { "" };
            format!(
                "{} {}{optional} {}",
                column.name,
                kind(&column.ty),
                roles.join(" ")
            )
            .trim_end()
            .to_owned()
        })
        .collect();
    ShapeKind::new_record(&RecordDef::Array(vec![
        RecordDef::new_text(&label_of(table)),
        RecordDef::new_text(&columns.join("\n")),
    ]))
}
