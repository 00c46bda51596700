//! Signing in and out, and knowing the caller by a token.

use brain_kernel::party::Party;
use brain_store::account::{self, Account};
use brain_store::session::{self, Session};
use brain_store::{Transaction, api_key};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::token::{self, Kind};
use super::{Identity, party_of};
use crate::{Error, EvidenceEntry, Result, Secret, password};

/// A use is remembered at most this often, in seconds; a write per request would cost more than it tells.
const TOUCH_INTERVAL_S: i64 = 30;
/// Longest kept user agent, in characters.
const USER_AGENT_CHARACTERS_MAX: usize = 200;

/// Where a request comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Address of the caller.
    pub ip: Option<String>,
    /// Program of the caller.
    pub user_agent: Option<String>,
}

/// A good sign-in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The session's token; shown once, stored only as a hash.
    pub token: Secret,
    /// Who signed in.
    pub party: Party,
    /// Whether [`Identity::change_password`] must come before anything else.
    pub must_change_password: bool,
    /// Absolute end of the session.
    pub expires_at: DateTime<Utc>,
}

/// What a token turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Authenticated {
    /// On whose behalf.
    pub party: Party,
    /// Whether [`Identity::change_password`] must come before anything else.
    pub must_change_password: bool,
    /// When the token stops working in any case.
    pub expires_at: DateTime<Utc>,
    /// By which kind of token.
    pub credential: Credential,
}

/// Kinds of token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A session opened with a password.
    Session,
    /// An API key.
    ApiKey {
        /// Id of the key.
        id: String,
    },
}

/// Why a sign-in was refused: written to the evidence log, never told to the caller.
#[derive(Clone, Copy)]
enum Refusal {
    UnknownAccount,
    WrongPassword,
    Locked,
    Disabled,
}

impl Refusal {
    const fn name(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::WrongPassword => "wrong_password",
            Self::Locked => "locked",
            Self::Disabled => "disabled",
        }
    }
}

impl Identity {
    /// Open a session. Unknown name, wrong password, locked and disabled account answer alike and take as long.
    pub async fn sign_in(&self, username: &str, password: &Secret, origin: &Origin) -> Result<SignedIn> {
        let username = username.trim().to_lowercase();
        let seen = account::find_by_username(self.0.store.db(), &username).await?;
        let stored = seen.as_ref().map(|account| account.password_hash.as_str());
        let matches = self.0.hasher.verify(password, stored).await?;

        let transaction = self.0.store.transaction().await?;
        // Read again under the lock: another attempt may have counted, or the password changed, meanwhile.
        let account = account::find_by_username_for_update(&transaction, &username).await?;
        let now = self.0.store.now();
        let refusal = match &account {
            None => Some(Refusal::UnknownAccount),
            Some(account) if account.disabled => Some(Refusal::Disabled),
            Some(account) if account.locked_until.is_some_and(|until| until > now) => Some(Refusal::Locked),
            Some(account) if !matches || Some(account.password_hash.as_str()) != stored => {
                Some(Refusal::WrongPassword)
            }
            Some(_) => None,
        };
        match (refusal, account) {
            (None, Some(account)) => self.open_session(transaction, account, origin, now).await,
            (refusal, account) => {
                let refusal = refusal.unwrap_or(Refusal::UnknownAccount);
                self.refuse(transaction, account.as_ref(), refusal, origin, now).await?;
                Err(Error::SignInRefused)
            }
        }
    }

    /// The caller behind a session token or API key; refused while the password must be changed.
    pub async fn authenticate(&self, token: &str) -> Result<Party> {
        let authenticated = self.inspect(token).await?;
        if authenticated.must_change_password {
            return Err(Error::PasswordChangeRequired);
        }
        Ok(authenticated.party)
    }

    /// Like [`authenticate`](Self::authenticate), but also for a caller who may only change the password.
    pub async fn inspect(&self, token: &str) -> Result<Authenticated> {
        match Kind::of(token) {
            Some(Kind::Session) => self.inspect_session(token).await,
            Some(Kind::ApiKey) => self.inspect_api_key(token).await,
            None => Err(Error::SessionEnded),
        }
    }

    /// End a session. A token that opens nothing is not an error.
    pub async fn sign_out(&self, token: &str) -> Result<()> {
        let hash = token::hash(token);
        let transaction = self.0.store.transaction().await?;
        let Some((_, account)) = session::find_with_account(&transaction, &hash).await? else {
            return Ok(transaction.rollback().await?);
        };
        session::delete(&transaction, &hash).await?;
        let entry = EvidenceEntry {
            kind: "session.close".to_owned(),
            actor: account.id.clone(),
            subject: account.id,
            body: json!({}),
        };
        self.0.evidence.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Replace the caller's own password. All its sessions end except the one of `keep_token`.
    pub async fn change_password(
        &self,
        party: &Party,
        old: &Secret,
        new: &Secret,
        keep_token: Option<&str>,
    ) -> Result<()> {
        let account = account::find(self.0.store.db(), &party.account)
            .await?
            .ok_or_else(|| Error::not_found("account", &party.account))?;
        if !self.0.hasher.verify(old, Some(&account.password_hash)).await? {
            return Err(Error::WrongPassword);
        }
        if old.expose() == new.expose() {
            return Err(Error::WeakPassword(password::Weakness::Unchanged));
        }
        password::check(new.expose(), &account.username).map_err(Error::WeakPassword)?;
        let hash = self.0.hasher.hash(new).await?;

        let transaction = self.0.store.transaction().await?;
        let now = self.0.store.now();
        account::set_password(&transaction, &account.id, &hash, false, now).await?;
        let kept = match keep_token.map(token::hash) {
            Some(hash) => session::find_with_account(&transaction, &hash).await?.map(|(session, _)| session),
            None => None,
        };
        session::delete_of_account(&transaction, &account.id).await?;
        if let Some(session) = kept.filter(|session| session.account_id == account.id) {
            session::insert(&transaction, session).await?;
        }
        let entry = EvidenceEntry {
            kind: "account.password".to_owned(),
            actor: account.id.clone(),
            subject: account.id,
            body: json!({}),
        };
        self.0.evidence.record_in(&transaction, entry).await?;
        Ok(transaction.commit().await?)
    }

    /// Forget sessions that have ended by themselves; how many there were.
    pub async fn sweep(&self) -> Result<u64> {
        let now = self.0.store.now();
        Ok(session::delete_expired(self.0.store.db(), now, now - self.idle()).await?)
    }

    async fn open_session(
        &self,
        transaction: Transaction,
        account: Account,
        origin: &Origin,
        now: DateTime<Utc>,
    ) -> Result<SignedIn> {
        let party = party_of(&account)?;
        let (token, token_hash) = token::fresh(Kind::Session)?;
        let expires_at = now + TimeDelta::hours(self.0.options.session_hours_max.into());
        let session = Session {
            token_hash,
            account_id: account.id.clone(),
            created_at: now,
            last_seen_at: now,
            expires_at,
            ip: origin.ip.clone(),
            user_agent: user_agent(origin),
        };
        session::insert(&transaction, session).await?;
        account::record_sign_in(&transaction, &account.id, now).await?;
        let entry = EvidenceEntry {
            kind: "session.open".to_owned(),
            actor: account.id.clone(),
            subject: account.id,
            body: json!({ "ip": origin.ip, "user_agent": user_agent(origin) }),
        };
        self.0.evidence.record_in(&transaction, entry).await?;
        transaction.commit().await?;
        Ok(SignedIn { token, party, must_change_password: account.must_change_password, expires_at })
    }

    async fn refuse(
        &self,
        transaction: Transaction,
        account: Option<&Account>,
        refusal: Refusal,
        origin: &Origin,
        now: DateTime<Utc>,
    ) -> Result<()> {
        // The name of an unknown account is not recorded: people type passwords into that field.
        let subject = account.map_or("unknown", |account| account.id.as_str());
        let entry = |kind: &str, body| EvidenceEntry {
            kind: kind.to_owned(),
            actor: "anonymous".to_owned(),
            subject: subject.to_owned(),
            body,
        };
        let mut entries = vec![entry(
            "session.refused",
            json!({ "reason": refusal.name(), "ip": origin.ip, "user_agent": user_agent(origin) }),
        )];
        if let (Some(account), Refusal::WrongPassword) = (account, refusal) {
            let failures = account.failed_sign_ins.saturating_add(1);
            let lock = i64::from(failures) >= i64::from(self.0.options.sign_in_failures_max);
            let until = lock.then(|| now + TimeDelta::minutes(self.0.options.lock_minutes.into()));
            // After a lock the count starts anew.
            account::record_failure(&transaction, &account.id, if lock { 0 } else { failures }, until)
                .await?;
            if let Some(until) = until {
                entries.push(entry("account.lock", json!({ "until": until, "failures": failures })));
            }
        }
        self.0.evidence.record_all_in(&transaction, entries).await?;
        Ok(transaction.commit().await?)
    }

    async fn inspect_session(&self, token: &str) -> Result<Authenticated> {
        let hash = token::hash(token);
        let db = self.0.store.db();
        let (session, account) = session::find_with_account(db, &hash).await?.ok_or(Error::SessionEnded)?;
        let now = self.0.store.now();
        if account.disabled || session.expires_at <= now || session.last_seen_at + self.idle() <= now {
            session::delete(db, &hash).await?;
            return Err(Error::SessionEnded);
        }
        if now - session.last_seen_at >= TimeDelta::seconds(TOUCH_INTERVAL_S) {
            session::touch(db, &hash, now).await?;
        }
        Ok(Authenticated {
            party: party_of(&account)?,
            must_change_password: account.must_change_password,
            expires_at: session.expires_at,
            credential: Credential::Session,
        })
    }

    async fn inspect_api_key(&self, token: &str) -> Result<Authenticated> {
        let db = self.0.store.db();
        let (key, account) =
            api_key::find_with_account(db, &token::hash(token)).await?.ok_or(Error::SessionEnded)?;
        let now = self.0.store.now();
        if account.disabled || key.revoked_at.is_some() || key.expires_at <= now {
            return Err(Error::SessionEnded);
        }
        let interval = TimeDelta::seconds(TOUCH_INTERVAL_S);
        if key.last_used_at.is_none_or(|last| now - last >= interval) {
            api_key::touch(db, &key.id, now).await?;
        }
        Ok(Authenticated {
            party: party_of(&account)?,
            must_change_password: account.must_change_password,
            expires_at: key.expires_at,
            credential: Credential::ApiKey { id: key.id },
        })
    }

    fn idle(&self) -> TimeDelta {
        TimeDelta::minutes(self.0.options.session_idle_minutes.into())
    }
}

fn user_agent(origin: &Origin) -> Option<String> {
    origin.user_agent.as_ref().map(|text| text.chars().take(USER_AGENT_CHARACTERS_MAX).collect())
}
