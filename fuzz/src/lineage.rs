//! Foreign SQL and OpenLineage events.

use brain_lineage::sql::{Catalogue, Dialect, analyse};
use brain_lineage::{Graph, openlineage};

/// The first byte chooses the dialect, the rest is a script.
pub fn script(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let dialect = Dialect::ALL.get(usize::from(*first) % Dialect::ALL.len()).copied().unwrap_or_default();
    let mut catalogue = Catalogue::new();
    catalogue.add("t", ["a", "b", "c"]);
    let script = analyse(&text, dialect, &catalogue).expect("a short text is read");
    let part = script.to_part("script", "job", &str::to_owned);
    let Ok(part) = part else { return };
    // A name that is too long is refused; whatever is taken comes back from bytes.
    let mut graph = Graph::default();
    if graph.replace(&part).is_ok() {
        let back = Graph::from_bytes(&graph.to_bytes()).expect("what was written is read");
        assert_eq!(back.edges(), graph.edges());
    }
}

/// An event or a batch; what is taken is taken again as it is written.
pub fn event(data: &[u8]) {
    if let Ok(event) = openlineage::parse(data) {
        let written = serde_json::to_vec(&event).expect("an event is JSON");
        assert_eq!(openlineage::parse(&written).expect("what is written is read"), event);
        let _ = event.to_part(&["brain"]);
    }
    let _ = openlineage::parse_batch(data);
    let _ = Graph::from_bytes(data);
}
