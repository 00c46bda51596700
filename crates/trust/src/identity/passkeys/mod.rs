//! Passkeys (通行密钥, WebAuthn Level 3): registered in a session, shown as second factor, or instead of a password.
//!
//! User verification is always asked for, so that a passkey is two factors by itself: the device, and the PIN or finger
//! that opens it.

mod ceremony;
mod cose;
mod pending;
mod sign_in;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use brain_kernel::party::Party;
use brain_store::second_factor::{self, PasskeyRow};
use brain_store::{ConnectionTrait, Transaction, account, session};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Identity;
use super::sessions::Credential;
use crate::site::Site;
use crate::{Error, EvidenceEntry, Result, Secret};
use ceremony::{Assertion, COUNTER, Known, Refused, RelyingParty};
use cose::PublicKey;

pub(super) use pending::{Ceremonies, Purpose};

/// Passkeys one account may have.
const PASSKEYS_MAX: usize = 10;
/// Longest name of a passkey, in characters.
const NAME_CHARACTERS_MAX: usize = 64;
/// Ways to reach an authenticator that are kept, and the longest word for one (§5.8.4 defines seven short ones).
const TRANSPORTS_MAX: usize = 8;
const TRANSPORT_BYTES_MAX: usize = 32;

/// A passkey as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasskeyCard {
    /// Stable id.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// Last use.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Whether it was copied to its owner's other devices when last used.
    pub backed_up: bool,
    /// Since when it is refused because a copy of it was used.
    pub suspended_at: Option<DateTime<Utc>>,
}

/// A passkey by which the browser recognises it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasskeyDescriptor {
    /// Credential id, base64url.
    pub id: String,
    /// How its authenticator is reached, where known.
    pub transports: Vec<String>,
}

/// What the browser needs to make a passkey (`PublicKeyCredentialCreationOptions`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasskeyCreation {
    /// Challenge, base64url; answered once.
    pub challenge: String,
    /// Domain the passkey is for.
    pub relying_party: String,
    /// Opaque id of the owner, base64url.
    pub user_id: String,
    /// Name to sign in with.
    pub user_name: String,
    /// Name to show.
    pub user_display_name: String,
    /// COSE algorithms in order of preference.
    pub algorithms: Vec<i64>,
    /// Passkeys the owner has: no second one on the same authenticator.
    pub exclude: Vec<PasskeyDescriptor>,
    /// When the challenge stops working.
    pub expires_at: DateTime<Utc>,
}

/// What the browser needs to show a passkey (`PublicKeyCredentialRequestOptions`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PasskeyRequest {
    /// Challenge, base64url; answered once.
    pub challenge: String,
    /// Domain the passkey is for.
    pub relying_party: String,
    /// Passkeys that will do; empty for whichever the person chooses.
    pub allow: Vec<PasskeyDescriptor>,
    /// When the challenge stops working.
    pub expires_at: DateTime<Utc>,
}

/// A passkey the browser made; every field base64url except the name and the transports.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    /// 名称 · What its owner calls it.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// clientDataJSON.
    #[schemars(length(max = 32768))]
    pub client_data: String,
    /// attestationObject.
    #[schemars(length(max = 32768))]
    pub attestation: String,
    /// How its authenticator is reached.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub transports: Vec<String>,
}

/// A passkey as shown; every field base64url.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyAnswer {
    /// Credential id.
    #[schemars(length(max = 2048))]
    pub credential_id: String,
    /// clientDataJSON.
    #[schemars(length(max = 32768))]
    pub client_data: String,
    /// authenticatorData.
    #[schemars(length(max = 32768))]
    pub authenticator_data: String,
    /// signature.
    #[schemars(length(max = 2048))]
    pub signature: String,
    /// userHandle, where the authenticator gives it.
    #[serde(default)]
    #[schemars(length(max = 128))]
    pub user_handle: Option<String>,
}

/// A passkey shown at this node's address.
#[derive(Debug, Clone)]
pub struct PasskeyProof {
    /// Where.
    pub site: Site,
    /// What the browser answered.
    pub answer: PasskeyAnswer,
}

/// A passkey just registered.
#[derive(Debug, Clone)]
pub struct PasskeyAdded {
    /// The passkey.
    pub card: PasskeyCard,
    /// Recovery codes, where it is the first second factor of the account; shown this once.
    pub recovery_codes: Vec<Secret>,
}

/// Where a second factor is shown, so that an answer for one place does nothing in another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// Between password and session; the hash of the question.
    SignIn(&'a str),
    /// In a session; its id.
    Session(&'a str),
}

/// The raw parts of an answer.
struct Parts {
    nonce: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl Identity {
    /// The caller's own passkeys, oldest first.
    pub async fn passkeys(&self, party: &Party) -> Result<Vec<PasskeyCard>> {
        let rows = second_factor::passkeys(self.0.store.db(), &party.account).await?;
        Ok(rows.into_iter().map(card).collect())
    }

    /// Ask for a new passkey in a session. Needs a fresh second factor where the account has one.
    pub async fn begin_passkey(
        &self,
        party: &Party,
        credential: &Credential,
        site: &Site,
    ) -> Result<PasskeyCreation> {
        let Credential::Session { id: session, .. } = credential else { return Err(Error::StepUpRequired) };
        let relying_party = relying_party(site)?;
        let db = self.0.store.db();
        self.require_fresh_if_any(db, &party.account, credential).await?;
        let account = account::find(db, &party.account).await?;
        let account = account.ok_or_else(|| Error::not_found("account", &party.account))?;
        let own = second_factor::passkeys(db, &account.id).await?;
        room_for_another(&own)?;
        let now = self.0.store.now();
        let purpose = Purpose::Create { account: account.id.clone(), session: session.clone() };
        let nonce = self.0.ceremonies.begin(purpose, now)?;
        Ok(PasskeyCreation {
            challenge: URL_SAFE_NO_PAD.encode(nonce),
            relying_party: relying_party.id,
            user_id: URL_SAFE_NO_PAD.encode(&account.id),
            user_name: account.username,
            user_display_name: account.display_name,
            algorithms: cose::ALGORITHMS.to_vec(),
            exclude: own.iter().map(descriptor).collect(),
            expires_at: ends_at(now),
        })
    }

    /// Register the passkey the browser made; the session has shown its second factor with it.
    pub async fn confirm_passkey(
        &self,
        party: &Party,
        session_id: &str,
        site: &Site,
        new: &NewPasskey,
    ) -> Result<PasskeyAdded> {
        let name = checked_name(&new.name)?;
        let relying_party = relying_party(site)?;
        let refused = |Refused(reason): Refused| Error::PasskeyRefused { reason };
        let client_data = decoded(&new.client_data).map_err(refused)?;
        let attestation = decoded(&new.attestation).map_err(refused)?;
        let now = self.0.store.now();
        let nonce = ceremony::challenge_of(&client_data).map_err(refused)?;
        let asked = self.0.ceremonies.take(&nonce, now);
        let wanted = Purpose::Create { account: party.account.clone(), session: session_id.to_owned() };
        if asked != Some(wanted) {
            return Err(Error::ChallengeEnded);
        }
        let made = ceremony::register(&relying_party, &nonce, &client_data, &attestation).map_err(refused)?;
        let transaction = self.0.store.transaction().await?;
        let first = !self.has_factor(&transaction, &party.account).await?;
        room_for_another(&second_factor::passkeys(&transaction, &party.account).await?)?;
        let row = PasskeyRow {
            id: self.0.store.new_id(),
            account_id: party.account.clone(),
            name,
            credential_id: URL_SAFE_NO_PAD.encode(&made.credential_id),
            public_key: made.public_key.to_text(),
            sign_count: made.sign_count.into(),
            created_at: now,
            last_used_at: Some(now),
            transports: transports(&new.transports),
            backup_eligible: made.backup_eligible,
            backed_up: made.backed_up,
            suspended_at: None,
        };
        let row = match second_factor::insert_passkey(&transaction, row).await {
            // §7.1 step 26: an id somebody has is refused; whose it is, is nobody's business.
            Err(brain_store::Error::AlreadyExists(_)) => return Err(refused(Refused("known credential"))),
            other => other?,
        };
        let recovery_codes =
            if first { self.fresh_codes(&transaction, &party.account).await? } else { Vec::new() };
        session::set_second_factor(&transaction, session_id, "passkey", now).await?;
        let body = json!({
            "factor": "passkey",
            "passkey": row.id,
            "algorithm": made.public_key.algorithm(),
            "backup_eligible": row.backup_eligible,
            "recovery_codes": recovery_codes.len(),
        });
        self.commit_with(transaction, "second_factor.add", &party.account, &party.account, body).await?;
        Ok(PasskeyAdded { card: card(row), recovery_codes })
    }

    /// Call one of the caller's own passkeys something else.
    pub async fn rename_passkey(&self, party: &Party, id: &str, name: &str) -> Result<()> {
        let name = checked_name(name)?;
        let transaction = self.0.store.transaction().await?;
        second_factor::rename_passkey(&transaction, &party.account, id, &name)
            .await
            .map_err(|_| Error::not_found("passkey", id))?;
        let body = json!({ "passkey": id });
        self.commit_with(transaction, "second_factor.rename", &party.account, &party.account, body).await
    }

    /// Remove one of the caller's own passkeys. Needs a fresh second factor; the last factor of a role that must have
    /// one stays.
    pub async fn remove_passkey(&self, party: &Party, credential: &Credential, id: &str) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        self.require_fresh_if_any(&transaction, &party.account, credential).await?;
        second_factor::delete_passkey(&transaction, &party.account, id)
            .await
            .map_err(|_| Error::not_found("passkey", id))?;
        self.settle_factors(&transaction, party).await?;
        let body = json!({ "factor": "passkey", "passkey": id });
        self.commit_with(transaction, "second_factor.remove", &party.account, &party.account, body).await
    }

    /// Ask for a passkey in an open session, to show the second factor again.
    pub async fn begin_step_up(
        &self,
        party: &Party,
        session_id: &str,
        site: &Site,
    ) -> Result<PasskeyRequest> {
        let purpose = Purpose::StepUp { account: party.account.clone(), session: session_id.to_owned() };
        self.request(purpose, Some(&party.account), site).await
    }

    /// A challenge with the passkeys that may answer it.
    async fn request(
        &self,
        purpose: Purpose,
        account_id: Option<&str>,
        site: &Site,
    ) -> Result<PasskeyRequest> {
        let relying_party = relying_party(site)?;
        let allow = match account_id {
            Some(account_id) => {
                let usable = self.usable_passkeys(self.0.store.db(), account_id).await?;
                if usable.is_empty() {
                    return Err(Error::not_found("passkey", "-"));
                }
                usable.iter().map(descriptor).collect()
            }
            None => Vec::new(),
        };
        let now = self.0.store.now();
        let nonce = self.0.ceremonies.begin(purpose, now)?;
        Ok(PasskeyRequest {
            challenge: URL_SAFE_NO_PAD.encode(nonce),
            relying_party: relying_party.id,
            allow,
            expires_at: ends_at(now),
        })
    }

    pub(super) async fn usable_passkeys(
        &self,
        db: &impl ConnectionTrait,
        account_id: &str,
    ) -> Result<Vec<PasskeyRow>> {
        let mut rows = second_factor::passkeys(db, account_id).await?;
        rows.retain(|row| row.suspended_at.is_none());
        Ok(rows)
    }

    /// Whether `proof` is a passkey of this account, shown at this place.
    pub(super) async fn prove_passkey(
        &self,
        transaction: &Transaction,
        account_id: &str,
        proof: &PasskeyProof,
        place: Place<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let Ok(parts) = taken_apart(&proof.answer) else { return Ok(false) };
        let account = account_id.to_owned();
        let wanted = match place {
            Place::SignIn(question) => Purpose::SecondFactor { account, question: question.to_owned() },
            Place::Session(session) => Purpose::StepUp { account, session: session.to_owned() },
        };
        if self.0.ceremonies.take(&parts.nonce, now) != Some(wanted) {
            return Ok(false);
        }
        let found = second_factor::passkey_by_credential(transaction, &proof.answer.credential_id).await?;
        let Some(row) = found.filter(|row| row.account_id == account_id) else { return Ok(false) };
        self.check_assertion(transaction, &row, proof, &parts, now).await
    }

    /// The checks of §7.2 on a passkey that was found, and what follows from them.
    async fn check_assertion(
        &self,
        transaction: &Transaction,
        row: &PasskeyRow,
        proof: &PasskeyProof,
        parts: &Parts,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        let handle = proof.answer.user_handle.as_deref();
        if row.suspended_at.is_some()
            || handle.is_some_and(|handle| handle != URL_SAFE_NO_PAD.encode(&row.account_id))
        {
            return Ok(false);
        }
        let public_key = PublicKey::from_text(&row.public_key);
        let known = Known {
            public_key: public_key.ok_or(Error::Corrupt { field: "passkey.public_key" })?,
            sign_count: u32::try_from(row.sign_count)
                .map_err(|_| Error::Corrupt { field: "passkey.sign_count" })?,
            backup_eligible: row.backup_eligible,
        };
        let assertion = Assertion {
            client_data: &parts.client_data,
            authenticator_data: &parts.authenticator_data,
            signature: &parts.signature,
        };
        match ceremony::assert(&relying_party(&proof.site)?, &parts.nonce, &known, assertion) {
            Ok(shown) => {
                let count = shown.sign_count.into();
                second_factor::touch_passkey(transaction, &row.id, count, shown.backed_up, now).await?;
                Ok(true)
            }
            Err(COUNTER) => {
                // Nobody can tell the copy from the original, so neither is good any more.
                tracing::warn!(passkey = %row.id, "the counter of a passkey went back: it was copied and is suspended");
                second_factor::suspend_passkey(transaction, &row.id, now).await?;
                let entry = EvidenceEntry {
                    kind: "second_factor.copied".to_owned(),
                    actor: "system".to_owned(),
                    subject: row.account_id.clone(),
                    body: json!({ "passkey": row.id, "counter": row.sign_count }),
                };
                self.0.evidence.record_in(transaction, entry).await?;
                Ok(false)
            }
            Err(Refused(reason)) => {
                tracing::info!(passkey = %row.id, reason, "a passkey was refused");
                Ok(false)
            }
        }
    }
}

fn relying_party(site: &Site) -> Result<RelyingParty> {
    let id = site.relying_party().ok_or_else(|| {
        Error::invalid(
            "http.public_url",
            "浏览器不为 IP 地址保存通行密钥：请把 http.public_url 设为域名（本机用 http://localhost:端口）。",
            "Browsers keep no passkeys for an IP address: set http.public_url to a domain, or http://localhost:port.",
        )
    })?;
    Ok(RelyingParty { id: id.to_owned(), origin: site.origin().to_owned() })
}

fn ends_at(now: DateTime<Utc>) -> DateTime<Utc> {
    now + chrono::TimeDelta::minutes(pending::MINUTES)
}

fn decoded(text: &str) -> std::result::Result<Vec<u8>, Refused> {
    if text.len() > ceremony::BYTES_MAX * 2 {
        return Err(Refused("too long"));
    }
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused("base64url"))
}

fn taken_apart(answer: &PasskeyAnswer) -> std::result::Result<Parts, Refused> {
    if answer.credential_id.len() > ceremony::CREDENTIAL_BYTES_MAX * 2 {
        return Err(Refused("length of the credential id"));
    }
    let client_data = decoded(&answer.client_data)?;
    Ok(Parts {
        nonce: ceremony::challenge_of(&client_data)?,
        client_data,
        authenticator_data: decoded(&answer.authenticator_data)?,
        signature: decoded(&answer.signature)?,
    })
}

fn room_for_another(own: &[PasskeyRow]) -> Result<()> {
    if own.len() < PASSKEYS_MAX {
        return Ok(());
    }
    Err(Error::invalid(
        "passkey",
        format!("每个账号至多 {PASSKEYS_MAX} 个通行密钥，请先移除不用的。"),
        format!("An account has {PASSKEYS_MAX} passkeys at most; remove one that is no longer used."),
    ))
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(Error::invalid(
        "name",
        format!("通行密钥名称须为 1 至 {NAME_CHARACTERS_MAX} 个字符。"),
        format!("The name of a passkey has 1 to {NAME_CHARACTERS_MAX} characters."),
    ))
}

/// Hints for the browser only; what is no plain word is dropped.
fn transports(given: &[String]) -> String {
    let plain = |word: &&String| {
        (1..=TRANSPORT_BYTES_MAX).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    let kept: Vec<&str> = given.iter().filter(plain).take(TRANSPORTS_MAX).map(String::as_str).collect();
    kept.join(" ")
}

fn descriptor(row: &PasskeyRow) -> PasskeyDescriptor {
    PasskeyDescriptor {
        id: row.credential_id.clone(),
        transports: row.transports.split_whitespace().map(str::to_owned).collect(),
    }
}

fn card(row: PasskeyRow) -> PasskeyCard {
    PasskeyCard {
        id: row.id,
        name: row.name,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        backed_up: row.backed_up,
        suspended_at: row.suspended_at,
    }
}
