//! Between a stored grant and its parsed form.

use brain_kernel::language::Text;
use brain_kernel::party::Role;
use brain_store::grant::GrantRow;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{GrantCard, NewGrant, Subject};
use crate::{Error, Result};

/// The row of a new grant.
pub(super) fn to_row(
    id: String,
    new: &NewGrant,
    issued_by: &str,
    request: Option<&str>,
    now: DateTime<Utc>,
) -> Result<GrantRow> {
    let (subject_kind, subject) = subject_columns(&new.subject);
    Ok(GrantRow {
        id,
        subject_kind,
        subject,
        dataset_pattern: new.dataset.clone(),
        reach: name_of(&new.reach)?,
        grade_max: new.grade_max.as_ref().map(name_of).transpose()?,
        mask_from: new.mask_from.as_ref().map(name_of).transpose()?,
        rows: to_json(&new.rows)?,
        masks: to_json(&new.masks)?,
        purpose: new.purpose.clone(),
        valid_until: new.until,
        basis_zh: new.basis.zh.clone(),
        basis_en: new.basis.en.clone(),
        issued_by: issued_by.to_owned(),
        issued_at: now,
        revoked_at: None,
        revoked_by: None,
        columns: new.columns.as_ref().map(to_json).transpose()?,
        actions: new.actions.as_ref().map(to_json).transpose()?,
        agreement: new.agreement.clone(),
        request_id: request.map(str::to_owned),
    })
}

/// The parsed form of a row. A row that is not understood is an error, never a wider grant.
pub(super) fn from_row(row: GrantRow) -> Result<GrantCard> {
    let subject = match row.subject_kind.as_str() {
        "role" => Role::from_name(&row.subject).map(Subject::Role),
        "account" => Some(Subject::Account(row.subject)),
        _ => None,
    };
    Ok(GrantCard {
        id: row.id,
        grant: NewGrant {
            subject: subject.ok_or(Error::Corrupt { field: "grant_entry.subject" })?,
            dataset: row.dataset_pattern,
            reach: from_json("grant_entry.reach", row.reach.into())?,
            rows: from_json("grant_entry.rows", row.rows)?,
            masks: from_json("grant_entry.masks", row.masks)?,
            grade_max: row
                .grade_max
                .map(|name| from_json("grant_entry.grade_max", name.into()))
                .transpose()?,
            mask_from: row
                .mask_from
                .map(|name| from_json("grant_entry.mask_from", name.into()))
                .transpose()?,
            purpose: row.purpose,
            until: row.valid_until,
            basis: Text::new(row.basis_zh, row.basis_en),
            columns: row.columns.map(|names| from_json("grant_entry.columns", names)).transpose()?,
            actions: row.actions.map(|names| from_json("grant_entry.actions", names)).transpose()?,
            agreement: row.agreement,
        },
        issued_by: row.issued_by,
        issued_at: row.issued_at,
        revoked_at: row.revoked_at,
        request: row.request_id,
    })
}

/// How a subject is stored.
pub(super) fn subject_columns(subject: &Subject) -> (String, String) {
    match subject {
        Subject::Role(role) => ("role".to_owned(), role.name().to_owned()),
        Subject::Account(id) => ("account".to_owned(), id.clone()),
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|_| Error::Corrupt { field: "grant_entry" })
}

fn name_of<T: Serialize>(value: &T) -> Result<String> {
    match to_json(value)? {
        Value::String(name) => Ok(name),
        _ => Err(Error::Corrupt { field: "grant_entry" }),
    }
}

fn from_json<T: DeserializeOwned>(field: &'static str, value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|_| Error::Corrupt { field })
}
