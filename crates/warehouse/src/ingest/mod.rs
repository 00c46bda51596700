//! The way in: file and mapping to one Delta commit, bad rows to quarantine.
