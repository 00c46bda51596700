//! Which acknowledgements the broker may not have: what it sends again is told apart by them.
//!
//! MQTT 5.0 §4.4: a session that goes on has its unacknowledged messages sent again first, in packets of the same number
//! and marked as sent before. One that we kept and acknowledged, in a packet of the same number with the same content,
//! is not kept again.

use std::collections::BTreeMap;

use super::record::Digest;

/// Messages that were kept and may come again.
#[derive(Debug, Default)]
pub(crate) struct Unconfirmed {
    by_packet: BTreeMap<u16, Entry>,
    /// Acknowledgements of this connection, counted.
    acknowledgements: u64,
}

#[derive(Debug)]
struct Entry {
    sequence: u64,
    digest: Digest,
    /// Which acknowledgement of this connection was its, counted from 1; none where it was another connection's.
    acknowledged: Option<u64>,
}

impl Unconfirmed {
    /// A message as the spool holds it; whether the broker knows is another connection's matter. A packet's number is
    /// given again only after its acknowledgement, so the earlier message of this number is settled.
    pub(crate) fn kept(&mut self, packet: u16, sequence: u64, digest: Digest) {
        if packet != 0 {
            self.by_packet.insert(packet, Entry { sequence, digest, acknowledged: None });
        }
    }

    /// Whether a message that is marked as sent before is one that was kept.
    pub(crate) fn knows(&self, packet: u16, digest: &Digest) -> bool {
        self.by_packet.get(&packet).is_some_and(|entry| &entry.digest == digest)
    }

    /// The packet is acknowledged over this connection.
    pub(crate) fn acknowledge(&mut self, packet: u16) {
        self.acknowledgements += 1;
        if let Some(entry) = self.by_packet.get_mut(&packet) {
            entry.acknowledged = Some(self.acknowledgements);
        }
    }

    /// Acknowledgements of this connection until now.
    pub(crate) const fn acknowledgements(&self) -> u64 {
        self.acknowledgements
    }

    /// The broker has answered something that was sent after so many acknowledgements: it has those.
    pub(crate) fn confirm(&mut self, acknowledgements: u64) {
        self.by_packet.retain(|_, entry| entry.acknowledged.is_none_or(|nth| nth > acknowledgements));
    }

    /// New messages have come: whatever the broker lacked an acknowledgement of has been sent again before.
    pub(crate) fn settle(&mut self) {
        self.by_packet.retain(|_, entry| entry.acknowledged.is_some());
    }

    /// Messages up to this one are confirmed, as the spool says.
    pub(crate) fn confirmed_through(&mut self, through: u64) {
        self.by_packet.retain(|_, entry| entry.sequence > through);
    }

    /// The broker has forgotten the session: numbers of packets mean nothing any more.
    pub(crate) fn forget(&mut self) {
        self.by_packet.clear();
    }

    /// Number up to which every message is confirmed, where `last` is the last one kept.
    pub(crate) fn through(&self, last: u64) -> u64 {
        let first = self.by_packet.values().map(|entry| entry.sequence).min();
        first.map_or(last, |first| first.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_known_until_the_broker_is_known_to_have_its_acknowledgement() {
        let mut known = Unconfirmed::default();
        for (packet, sequence) in [(1, 10), (2, 11), (3, 12)] {
            known.kept(packet, sequence, [packet as u8; 16]);
        }
        assert!(known.knows(2, &[2; 16]) && !known.knows(2, &[9; 16]) && !known.knows(4, &[4; 16]));
        assert_eq!(known.through(12), 9);
        known.acknowledge(1);
        let asked = known.acknowledgements();
        known.acknowledge(2);
        known.confirm(asked);
        assert!(!known.knows(1, &[1; 16]) && known.knows(2, &[2; 16]) && known.knows(3, &[3; 16]));
        assert_eq!(
            known.through(12),
            10,
            "what was never acknowledged over this connection is not confirmed by it"
        );
        known.settle();
        assert!(known.knows(2, &[2; 16]) && !known.knows(3, &[3; 16]));
        known.kept(2, 13, [5; 16]);
        assert!(!known.knows(2, &[2; 16]), "the packet's number was given again");
        known.confirmed_through(13);
        assert_eq!(known.through(13), 13);
        known.kept(0, 14, [0; 16]);
        assert_eq!(known.through(14), 14, "what asks for no acknowledgement is never sent again");
    }
}
