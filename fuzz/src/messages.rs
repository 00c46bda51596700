//! What a broker of messages sends.

/// Packets of MQTT: each message becomes one JSON object on one line, and anything else ends the connection.
pub fn packets(data: &[u8]) {
    for line in brain_connect::lines_of_packets(data) {
        assert!(!line.contains(['\n', '\r']), "a line has a line break");
        let row: serde_json::Value = serde_json::from_str(&line).expect("a line is JSON");
        let row = row.as_object().expect("a line is an object");
        assert!(row.len() >= 3, "a line says where, when and which");
    }
}
