//! What a broker of messages sends.

/// Packets of MQTT: each message becomes one JSON object on one line, and anything else ends the connection.
pub fn packets(data: &[u8]) {
    lines(brain_connect::lines_of_packets(data));
}

/// A batch of Kafka: its attributes and its count, then its records, packed in any way. Its sum is made to fit.
pub fn batch(data: &[u8]) {
    let Some(([high, low, count], packed)) = data.split_first_chunk() else { return };
    let attributes = i16::from_be_bytes([*high, *low]);
    lines(brain_connect::lines_of_batch(attributes, i32::from(*count), packed));
}

fn lines(lines: Vec<String>) {
    for line in lines {
        assert!(!line.contains(['\n', '\r']), "a line has a line break");
        let row: serde_json::Value = serde_json::from_str(&line).expect("a line is JSON");
        let row = row.as_object().expect("a line is an object");
        assert!(row.len() >= 3, "a line says where, when and which");
    }
}
