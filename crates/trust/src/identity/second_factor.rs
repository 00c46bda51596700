//! The second factor (双因素): authenticator applications (TOTP, RFC 6238) and recovery codes; passkeys are beside.

use brain_kernel::party::{Party, Role};
use brain_store::second_factor::{self, RecoveryCode, Totp};
use brain_store::{ConnectionTrait, Transaction, account, session};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use totp_rs::{Algorithm, Builder};

use super::passkeys::{PasskeyCard, PasskeyProof, Place};
use super::sessions::{Credential, SessionCard};
use super::{Identity, require_role, token};
use crate::{Error, Result, Secret, keys};

/// Seconds of a time step (RFC 6238 section 5.2).
const STEP_S: u64 = 30;
/// Steps a clock may be off on either side.
const DRIFT_STEPS: u16 = 1;
/// Bytes of a secret, as long as the hash (RFC 4226 section 4 asks for 20).
const SECRET_BYTES: usize = 20;
/// Recovery codes given at a time.
const RECOVERY_CODES: usize = 10;
/// Longest code looked at, in bytes.
const CODE_BYTES_MAX: usize = 64;

/// A second factor as shown.
#[derive(Debug, Clone)]
pub enum Proof {
    /// Six digits of the authenticator application.
    Totp(String),
    /// A recovery code.
    RecoveryCode(Secret),
    /// A passkey.
    Passkey(Box<PasskeyProof>),
}

/// A fresh secret for an authenticator application, shown this once.
#[derive(Debug, Clone)]
pub struct NewTotp {
    /// The secret in Base32, for typing.
    pub secret: Secret,
    /// The `otpauth://` address, for the QR code.
    pub uri: Secret,
}

/// How one's own account is protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecurityCard {
    /// When the password was last changed.
    pub password_changed_at: DateTime<Utc>,
    /// When it must be changed at the latest.
    pub password_expires_at: Option<DateTime<Utc>>,
    /// Since when an authenticator application is set up.
    pub totp_since: Option<DateTime<Utc>>,
    /// Passkeys, oldest first.
    pub passkeys: Vec<PasskeyCard>,
    /// Unused recovery codes.
    pub recovery_codes_left: u64,
    /// Whether the role must show a second factor.
    pub second_factor_required: bool,
    /// Open sessions.
    pub sessions: Vec<SessionCard>,
}

impl Identity {
    /// How the caller's own account is protected; `current` is the id of the session that asks.
    pub async fn security(&self, party: &Party, current: Option<&str>) -> Result<SecurityCard> {
        let db = self.0.store.db();
        let account = account::find(db, &party.account).await?;
        let account = account.ok_or_else(|| Error::not_found("account", &party.account))?;
        let totp = second_factor::totp(db, &account.id).await?;
        Ok(SecurityCard {
            password_changed_at: account.password_changed_at,
            password_expires_at: self.password_ends_at(&account, party.role),
            totp_since: totp.and_then(|row| row.confirmed_at),
            passkeys: self.passkeys(party).await?,
            recovery_codes_left: second_factor::recovery_codes_left(db, &account.id).await?,
            second_factor_required: self.0.options.second_factor_required_roles.contains(&party.role),
            sessions: self.sessions(party, current).await?,
        })
    }

    /// Make a secret for an authenticator application; it counts once [`confirm_totp`](Self::confirm_totp) got a code.
    pub async fn begin_totp(&self, party: &Party, credential: &Credential) -> Result<NewTotp> {
        let db = self.0.store.db();
        // Otherwise whoever finds an open session could put his own telephone in the place of the owner's.
        self.require_fresh_if_any(db, &party.account, credential).await?;
        let account = account::find(db, &party.account).await?;
        let account = account.ok_or_else(|| Error::not_found("account", &party.account))?;
        let bytes = keys::random::<SECRET_BYTES>()?;
        let secret = totp_rs::Secret::new_stack(bytes).to_base32();
        let row = Totp {
            account_id: account.id.clone(),
            created_at: self.0.store.now(),
            confirmed_at: None,
            last_step: None,
        };
        let transaction = self.0.store.transaction().await?;
        self.0.vault.seal_in(&transaction, &totp_secret(&account.id), &bytes).await?;
        second_factor::put_totp(&transaction, row).await?;
        self.commit_with(transaction, "second_factor.begin", &account.id, &account.id, json!({})).await?;
        // SHA-1, six digits, thirty seconds: what every authenticator application understands; HMAC-SHA-1 is not
        // weakened by collisions (RFC 6238 section 1.2). The name has only letters that need no escape.
        let name: String = account.username.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let uri = format!(
            "otpauth://totp/brain:{name}?secret={secret}&issuer=brain&algorithm=SHA1&digits=6&period={STEP_S}"
        );
        Ok(NewTotp { secret: Secret::new(secret), uri: Secret::new(uri) })
    }

    /// Prove that the application has the secret; answers the recovery codes, shown this once.
    pub async fn confirm_totp(&self, party: &Party, session_id: &str, code: &str) -> Result<Vec<Secret>> {
        let now = self.0.store.now();
        let transaction = self.0.store.transaction().await?;
        if self.prove_totp(&transaction, &party.account, code, true, now).await?.is_none() {
            transaction.rollback().await?;
            return Err(Error::SecondFactorWrong);
        }
        let codes = self.fresh_codes(&transaction, &party.account).await?;
        session::set_second_factor(&transaction, session_id, "totp", now).await?;
        let body = json!({ "factor": "totp", "recovery_codes": codes.len() });
        self.commit_with(transaction, "second_factor.add", &party.account, &party.account, body).await?;
        Ok(codes)
    }

    /// Put fresh recovery codes in the place of the old ones. Needs a fresh second factor.
    pub async fn new_recovery_codes(&self, party: &Party, credential: &Credential) -> Result<Vec<Secret>> {
        let transaction = self.0.store.transaction().await?;
        if !self.has_factor(&transaction, &party.account).await? {
            return Err(Error::not_found("second factor", &party.account));
        }
        self.require_fresh_if_any(&transaction, &party.account, credential).await?;
        let codes = self.fresh_codes(&transaction, &party.account).await?;
        let body = json!({ "recovery_codes": codes.len() });
        self.commit_with(transaction, "second_factor.codes", &party.account, &party.account, body).await?;
        Ok(codes)
    }

    /// Remove the authenticator application. Needs a fresh second factor; the last factor of a role that must have one
    /// stays.
    pub async fn remove_totp(&self, party: &Party, credential: &Credential) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        self.require_fresh_if_any(&transaction, &party.account, credential).await?;
        if !second_factor::delete_totp(&transaction, &party.account).await? {
            return Err(Error::not_found("second factor", &party.account));
        }
        self.0.vault.forget_in(&transaction, &totp_secret(&party.account)).await?;
        self.settle_factors(&transaction, party).await?;
        let body = json!({ "factor": "totp" });
        self.commit_with(transaction, "second_factor.remove", &party.account, &party.account, body).await
    }

    /// Show the second factor again in an open session, for sensitive acts.
    pub async fn step_up(&self, party: &Party, session_id: &str, proof: &Proof) -> Result<()> {
        let now = self.0.store.now();
        let transaction = self.0.store.transaction().await?;
        let found = account::find_for_update(&transaction, &party.account).await?;
        let account = found.ok_or_else(|| Error::not_found("account", &party.account))?;
        if account.locked_until.is_some_and(|until| until > now) {
            return Err(Error::SecondFactorWrong);
        }
        let place = Place::Session(session_id);
        let Some(factor) = self.prove(&transaction, &account.id, proof, place, now).await? else {
            self.refuse_factor(transaction, &account, now).await?;
            return Err(Error::SecondFactorWrong);
        };
        session::set_second_factor(&transaction, session_id, factor, now).await?;
        let body = json!({ "factor": factor });
        self.commit_with(transaction, "session.step_up", &party.account, &party.account, body).await
    }

    /// Take every second factor off an account whose owner lost them, ending its sessions. Security administrators
    /// only, and never for themselves; together with the password, which the system administrator resets, nobody can
    /// take an account over alone.
    pub async fn reset_second_factor(&self, actor: &Party, id: &str) -> Result<()> {
        require_role(actor, Role::SecurityAdministrator)?;
        if actor.account == id {
            return Err(Error::OwnAccount);
        }
        let transaction = self.0.store.transaction().await?;
        let found = account::find(&transaction, id).await?.ok_or_else(|| Error::not_found("account", id))?;
        second_factor::delete_all(&transaction, &found.id).await?;
        self.0.vault.forget_in(&transaction, &totp_secret(&found.id)).await?;
        let ended = session::delete_of_account(&transaction, &found.id, None).await?;
        let body = json!({ "sessions": ended });
        self.commit_with(transaction, "second_factor.reset", &actor.account, &found.id, body).await
    }

    /// Sensitive acts need a second factor shown lately, where the session has one at all; without, its role needs none.
    pub fn require_fresh(&self, credential: &Credential) -> Result<()> {
        let Credential::Session { second_factor_at, .. } = credential else {
            return Err(Error::StepUpRequired);
        };
        let lately = self.0.store.now() - TimeDelta::minutes(self.0.options.step_up_minutes.into());
        if second_factor_at.is_none_or(|at| at > lately) {
            return Ok(());
        }
        Err(Error::StepUpRequired)
    }

    /// Like [`require_fresh`](Self::require_fresh), for changes of the factors themselves: an account that has one must
    /// have shown it in this very session.
    pub(super) async fn require_fresh_if_any(
        &self,
        db: &impl ConnectionTrait,
        account_id: &str,
        credential: &Credential,
    ) -> Result<()> {
        let unseen = matches!(credential, Credential::Session { second_factor_at: None, .. });
        if unseen && self.has_factor(db, account_id).await? {
            return Err(Error::StepUpRequired);
        }
        self.require_fresh(credential)
    }

    /// Whether an account has a second factor set up.
    pub(super) async fn has_factor(&self, db: &impl ConnectionTrait, account_id: &str) -> Result<bool> {
        let totp = second_factor::totp(db, account_id).await?;
        Ok(totp.is_some_and(|row| row.confirmed_at.is_some())
            || !second_factor::passkeys(db, account_id).await?.is_empty())
    }

    /// After a factor was removed: without any left, recovery codes open nothing; a role that must have one keeps it.
    pub(super) async fn settle_factors(&self, transaction: &Transaction, party: &Party) -> Result<()> {
        if self.has_factor(transaction, &party.account).await? {
            return Ok(());
        }
        if self.0.options.second_factor_required_roles.contains(&party.role) {
            return Err(Error::LastFactor);
        }
        Ok(second_factor::replace_recovery_codes(transaction, &party.account, Vec::new()).await?)
    }

    /// Put fresh recovery codes in the place of all earlier ones.
    pub(super) async fn fresh_codes(
        &self,
        transaction: &Transaction,
        account_id: &str,
    ) -> Result<Vec<Secret>> {
        let mut codes = Vec::with_capacity(RECOVERY_CODES);
        for _ in 0..RECOVERY_CODES {
            codes.push(crate::password::one_time()?);
        }
        let rows = codes.iter().map(|code| RecoveryCode {
            code_hash: code_hash(account_id, code.expose()),
            account_id: account_id.to_owned(),
            used_at: None,
        });
        second_factor::replace_recovery_codes(transaction, account_id, rows.collect()).await?;
        Ok(codes)
    }

    /// The name of the factor that `proof` shows, used up; `None` when it shows nothing.
    pub(super) async fn prove(
        &self,
        transaction: &Transaction,
        account_id: &str,
        proof: &Proof,
        place: Place<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<&'static str>> {
        match proof {
            Proof::Passkey(passkey) => {
                let good = self.prove_passkey(transaction, account_id, passkey, place, now).await?;
                Ok(good.then_some("passkey"))
            }
            Proof::Totp(code) => self.prove_totp(transaction, account_id, code, false, now).await,
            Proof::RecoveryCode(code) => {
                let hash = code_hash(account_id, code.expose());
                let good = second_factor::use_recovery_code(transaction, account_id, &hash, now).await?;
                Ok(good.then_some("recovery_code"))
            }
        }
    }

    /// `first` is for the code that proves a new secret; any other needs one that was proved.
    async fn prove_totp(
        &self,
        transaction: &Transaction,
        account_id: &str,
        code: &str,
        first: bool,
        now: DateTime<Utc>,
    ) -> Result<Option<&'static str>> {
        let found = second_factor::totp(transaction, account_id).await?;
        if found.is_none_or(|row| row.confirmed_at.is_none() != first) {
            return Ok(None);
        }
        let secret = self.0.vault.open_in(transaction, &totp_secret(account_id)).await?;
        let secret = secret.ok_or(Error::Corrupt { field: "totp" })?;
        let Some(step) = matched_step(&secret, code, now)? else { return Ok(None) };
        // Each step once: a code that was overlooked is worth nothing (RFC 6238 section 5.2).
        let used = second_factor::use_totp_step(transaction, account_id, step, now).await?;
        Ok(used.then_some("totp"))
    }
}

/// Name in the vault of an account's authenticator secret.
fn totp_secret(account_id: &str) -> String {
    format!("totp/{account_id}")
}

/// The time step whose code this is.
fn matched_step(secret: &[u8], code: &str, now: DateTime<Utc>) -> Result<Option<i64>> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(DRIFT_STEPS)
        .with_step_duration(STEP_S)
        .with_secret(totp_rs::Secret::new(secret.to_vec().into_boxed_slice()))
        .build()
        .map_err(|cause| Error::Cryptography(cause.to_string()))?;
    Ok(totp.check(&code, seconds).and_then(|step| i64::try_from(step).ok()))
}

/// A plain hash suffices: a code has 98 random bits. Hyphens and case are how people type them.
fn code_hash(account_id: &str, code: &str) -> String {
    let letters = code.chars().filter(|c| c.is_ascii_alphanumeric()).take(CODE_BYTES_MAX);
    let plain: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    token::hash(&format!("{account_id}:{plain}"))
}

#[cfg(test)]
mod tests {
    use super::{code_hash, matched_step};
    use chrono::DateTime;

    /// RFC 6238 appendix B, SHA-1, last six of the eight digits.
    #[test]
    fn codes_are_those_of_the_standard_within_one_step() {
        let secret = b"12345678901234567890";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            let at = |offset: i64| DateTime::from_timestamp(seconds + offset, 0).unwrap();
            let step = Some(seconds / 30);
            assert_eq!(matched_step(secret, code, at(0)).unwrap(), step);
            assert_eq!(matched_step(secret, code, at(30)).unwrap(), step, "one step late");
            assert_eq!(matched_step(secret, &format!("{} {}", &code[..3], &code[3..]), at(0)).unwrap(), step);
            assert_eq!(matched_step(secret, code, at(90)).unwrap(), None, "three steps late");
        }
        for wrong in ["", "28708", "2870822", "28708a", "０００００0", "-28708"] {
            assert_eq!(matched_step(secret, wrong, DateTime::from_timestamp(59, 0).unwrap()).unwrap(), None);
        }
    }

    #[test]
    fn a_recovery_code_is_the_same_however_it_is_typed_and_another_for_another_account() {
        assert_eq!(code_hash("a", "abcde-fghij"), code_hash("a", " ABCDE FGHIJ "));
        assert_ne!(code_hash("a", "abcde-fghij"), code_hash("b", "abcde-fghij"));
    }
}
