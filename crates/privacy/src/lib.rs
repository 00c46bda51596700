//! Recognisers of personal and business identifiers (个人信息与企业标识识别) in columns and free text.
//!
//! Invariant: equal bytes give equal findings, a check digit that exists is verified, and no raw value leaves a
//! [`recognise::ColumnReport`]: its examples are masked.
//! Deliberately absent: files, clock, network, tables, Arrow, and any opinion on which grade a finding deserves
//! (`warehouse` grades by rules that an operator can correct).
//! Start reading at [`recognise::Scanner`].

pub mod recognise;
pub mod synthetic;
