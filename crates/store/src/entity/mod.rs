//! Table definitions; the row structs are re-exported by the modules that read and write them.
#![expect(
    unreachable_pub,
    reason = "the derive asks for pub; which rows leave the crate is decided by the re-exports"
)]

pub(crate) mod access_request;
pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod audit_batch;
pub(crate) mod audit_dataset;
pub(crate) mod audit_expiry;
pub(crate) mod audit_profile;
pub(crate) mod audit_record;
pub(crate) mod certificate;
pub(crate) mod classification;
pub(crate) mod column_origin;
pub(crate) mod data_key;
pub(crate) mod dataset;
pub(crate) mod dataset_column;
pub(crate) mod dataset_input;
pub(crate) mod dataset_version;
pub(crate) mod delegation;
pub(crate) mod deletion_proposal;
pub(crate) mod evidence_alarm;
pub(crate) mod evidence_checkpoint;
pub(crate) mod evidence_cosignature;
pub(crate) mod evidence_frontier;
pub(crate) mod evidence_head;
pub(crate) mod evidence_leaf;
pub(crate) mod evidence_log;
pub(crate) mod evidence_personal;
pub(crate) mod evidence_reference;
pub(crate) mod evidence_salt;
pub(crate) mod evidence_witnessed;
pub(crate) mod federated_link;
pub(crate) mod grant_entry;
pub(crate) mod important_filing;
pub(crate) mod incident;
pub(crate) mod incident_duty;
pub(crate) mod incident_event;
pub(crate) mod incident_reference;
pub(crate) mod ingest_run;
pub(crate) mod known_good;
pub(crate) mod lineage_event;
pub(crate) mod model_run;
pub(crate) mod node_identity;
pub(crate) mod node_statement;
pub(crate) mod oidc_client;
pub(crate) mod oidc_code;
pub(crate) mod oidc_consent;
pub(crate) mod oidc_key;
pub(crate) mod oidc_token;
pub(crate) mod organisation;
pub(crate) mod passkey;
pub(crate) mod password_history;
pub(crate) mod recovery_code;
pub(crate) mod removed_version;
pub(crate) mod rule_version;
pub(crate) mod secret;
pub(crate) mod session;
pub(crate) mod session_token;
pub(crate) mod setting;
pub(crate) mod totp;
pub(crate) mod use_counter;
