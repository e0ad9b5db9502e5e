//! The diagram as a picture.

use layout::core::base::Orientation;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;
use oxyde_migrate::state::{label, label_of};
use oxyde_sql::schema::{Schema, Table};

use super::canvas::{Canvas, size_of};
use super::{kind, relations, roles};

pub(super) fn diagram(schema: &Schema) -> String {
    let mut graph = VisualGraph::new(Orientation::LeftToRight);
    let look = StyleAttr::simple();
    let nodes: Vec<_> = schema
        .tables
        .iter()
        .map(|table| {
            let lines = lines(table);
            let shape = ShapeKind::new_box(&lines.join("\n"));
            let size = size_of(&lines);
            graph.add_node(Element::create(
                shape,
                look.clone(),
                Orientation::LeftToRight,
                size,
            ))
        })
        .collect();
    for relation in relations(schema) {
        // The line of the column names the table itself.
        if relation.from == relation.to {
            continue;
        }
        let line = if relation.is_optional {
            LineStyleKind::Dashed
        } else {
            LineStyleKind::Normal
        };
        let arrow = Arrow::new(
            LineEndKind::None,
            LineEndKind::Arrow,
            line,
            "",
            &look,
            &None,
            &None,
        );
        graph.add_edge(arrow, nodes[relation.from], nodes[relation.to]);
    }
    let mut canvas = Canvas::default();
    graph.do_it(false, false, false, &mut canvas);
    canvas.finish()
}

/// The table's name, and a line for each column: name, type, keys.
fn lines(table: &Table) -> Vec<String> {
    let longest = table
        .columns
        .iter()
        .map(|column| column.name.chars().count())
        .max();
    let width = longest.unwrap_or(0);
    let columns = table.columns.iter().map(|column| {
        let optional = if column.nullable { "?" } else { "" };
        let mut line = format!(
            "{:<width$} {}{optional} {}",
            column.name,
            kind(&column.ty),
            roles(table, &column.name).join(" ")
        );
        let targets = table
            .foreign_keys
            .iter()
            .filter(|key| key.columns.contains(&column.name))
            .map(|key| label(key.target_schema.as_deref(), &key.target_table));
        for target in targets {
            line = format!("{} → {target}", line.trim_end());
        }
        line.trim_end().to_owned()
    });
    std::iter::once(label_of(table)).chain(columns).collect()
}
