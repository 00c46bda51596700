//! Sessions (会话): known by a token that changes, bound to a program, listed and ended.

use brain_kernel::party::{Party, Role};
use brain_store::account::Account;
use brain_store::session::{self, Session};
use brain_store::{account, api_key};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::scope::{self, Scope};
use super::sign_in::{Origin, user_agent_hash};
use super::token::{self, Kind};
use super::{Identity, party_of, require_role};
use crate::{Error, Result, Secret};

/// A use is remembered at most this often, in seconds; a write per request would cost more than it tells.
const TOUCH_INTERVAL_S: i64 = 30;

/// How a session's token travels. One kind is never taken for the other: a cookie that was read somewhere is not a
/// token for programs, so that a thief cannot step out of rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// A browser's cookie; its token is replaced from time to time.
    Cookie,
    /// A bearer token that a program asked for; it stays the same for the session's short life.
    Token,
}

impl Carrier {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Token => "token",
        }
    }
}

/// What a token turned out to be.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// On whose behalf.
    pub party: Party,
    /// Whether [`Identity::change_password`] must come before anything else.
    pub must_change_password: bool,
    /// Whether a second factor must be set up, or shown, before anything else.
    pub must_show_second_factor: bool,
    /// When the token stops working in any case.
    pub expires_at: DateTime<Utc>,
    /// By which kind of token.
    pub credential: Credential,
    /// The token that takes the place of the one shown.
    pub renewed: Option<Secret>,
}

/// Kinds of token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A session.
    Session {
        /// Id of the session.
        id: String,
        /// When a second factor was last shown in it.
        second_factor_at: Option<DateTime<Utc>>,
    },
    /// An API key.
    ApiKey {
        /// Id of the key.
        id: String,
        /// What it may be used for.
        scopes: Vec<Scope>,
    },
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionCard {
    /// Stable id.
    pub id: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// Last use, to about half a minute.
    pub last_seen_at: DateTime<Utc>,
    /// Absolute end.
    pub expires_at: DateTime<Utc>,
    /// Address it was opened from.
    pub ip: Option<String>,
    /// Program it was opened with.
    pub user_agent: Option<String>,
    /// Second factor shown in it.
    pub second_factor: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// Noting the last use is worth a write, not a refusal: on a full disk reading goes on, and the session ends sooner.
fn noted(outcome: brain_store::Result<()>) -> Result<()> {
    match outcome {
        Err(brain_store::Error::DiskFull) => {
            tracing::warn!("the disk is full: the last use of a credential is not noted");
            Ok(())
        }
        outcome => Ok(outcome?),
    }
}

impl Identity {
    /// The caller behind a session token or API key; refused while the password or a second factor is due.
    pub async fn authenticate(&self, token: &str, carrier: Carrier, origin: &Origin) -> Result<Party> {
        let authenticated = self.inspect(token, carrier, origin).await?;
        if authenticated.must_change_password {
            return Err(Error::PasswordChangeRequired);
        }
        if authenticated.must_show_second_factor {
            return Err(Error::SecondFactorRequired);
        }
        Ok(authenticated.party)
    }

    /// Like [`authenticate`](Self::authenticate), but also for a caller who may only put that right.
    pub async fn inspect(&self, token: &str, carrier: Carrier, origin: &Origin) -> Result<Authenticated> {
        match Kind::of(token) {
            Some(Kind::Session) => self.inspect_session(token, carrier, origin).await,
            // A key in a cookie is a mistake or a trick.
            Some(Kind::ApiKey) if carrier == Carrier::Token => self.inspect_api_key(token).await,
            _ => Err(Error::SessionEnded),
        }
    }

    /// End the session with this id. One that is gone is not an error.
    pub async fn sign_out(&self, party: &Party, session_id: &str) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        if !session::delete(&transaction, session_id).await? {
            return Ok(transaction.rollback().await?);
        }
        self.commit_with(transaction, "session.close", &party.account, &party.account, json!({})).await
    }

    /// The caller's own sessions, oldest first; `current` is the id of the one that asks.
    pub async fn sessions(&self, party: &Party, current: Option<&str>) -> Result<Vec<SessionCard>> {
        let now = self.0.store.now();
        let idle = self.idle(party.role);
        let own = session::of_account(self.0.store.db(), &party.account).await?;
        let alive = own.into_iter().filter(|row| row.expires_at > now && row.last_seen_at + idle > now);
        Ok(alive.map(|row| card(row, current)).collect())
    }

    /// End one of the caller's own sessions.
    pub async fn end_own_session(&self, party: &Party, id: &str) -> Result<()> {
        let transaction = self.0.store.transaction().await?;
        let own = session::find(&transaction, id).await?.filter(|row| row.account_id == party.account);
        let own = own.ok_or_else(|| Error::not_found("session", id))?;
        session::delete(&transaction, &own.id).await?;
        self.commit_with(transaction, "session.end", &party.account, &party.account, json!({ "sessions": 1 }))
            .await
    }

    /// End all the caller's own sessions but `keep`; how many there were.
    pub async fn end_own_sessions(&self, party: &Party, keep: Option<&str>) -> Result<u64> {
        self.end_sessions(&party.account, &party.account, keep).await
    }

    /// End every session of an account at once. Security administrators only.
    pub async fn end_sessions_of(&self, actor: &Party, account_id: &str) -> Result<u64> {
        require_role(actor, Role::SecurityAdministrator)?;
        let found = account::find(self.0.store.db(), account_id).await?;
        let found = found.ok_or_else(|| Error::not_found("account", account_id))?;
        self.end_sessions(&actor.account, &found.id, None).await
    }

    async fn end_sessions(&self, actor: &str, account_id: &str, keep: Option<&str>) -> Result<u64> {
        let transaction = self.0.store.transaction().await?;
        let ended = session::delete_of_account(&transaction, account_id, keep).await?;
        let body = json!({ "sessions": ended });
        self.commit_with(transaction, "session.end", actor, account_id, body).await?;
        Ok(ended)
    }

    async fn inspect_session(&self, token: &str, carrier: Carrier, origin: &Origin) -> Result<Authenticated> {
        let (hash, db) = (token::hash(token), self.0.store.db());
        let (session, account) = match session::find_with_account(db, &hash).await? {
            Some(found) => found,
            None => self.by_former_token(&hash).await?,
        };
        let (now, party) = (self.0.store.now(), party_of(&account)?);
        let idle = session.last_seen_at + self.idle(party.role) <= now;
        if account.disabled || session.expires_at <= now || idle {
            session::delete(db, &session.id).await?;
            return Err(Error::SessionEnded);
        }
        if let Some(reason) = self.breach(&session, carrier, origin) {
            self.end_as_stolen(&session, reason, origin).await?;
            return Err(Error::SessionEnded);
        }
        let renewed = match self.renew(&session, &hash, carrier, now).await {
            // The old token is good until there is room for a new one.
            Err(Error::Store(brain_store::Error::DiskFull)) => None,
            renewed => renewed?,
        };
        if renewed.is_none() && now - session.last_seen_at >= TimeDelta::seconds(TOUCH_INTERVAL_S) {
            noted(session::touch(db, &session.token_hash, now).await)?;
        }
        let required = self.0.options.second_factor_required_roles.contains(&party.role);
        Ok(Authenticated {
            must_change_password: self.must_change_password(&account, party.role, now),
            must_show_second_factor: required && session.second_factor.is_none(),
            party,
            expires_at: session.expires_at,
            credential: Credential::Session { id: session.id, second_factor_at: session.second_factor_at },
            renewed,
        })
    }

    /// A token that was replaced: good for requests under way, and after that a sign that somebody has a copy. Nobody
    /// can tell whether the owner or the thief shows it, so the session ends for both.
    async fn by_former_token(&self, hash: &str) -> Result<(Session, Account)> {
        let db = self.0.store.db();
        let former = session::former_token(db, hash).await?.ok_or(Error::SessionEnded)?;
        let session = session::find(db, &former.session_id).await?.ok_or(Error::SessionEnded)?;
        let grace = TimeDelta::seconds(self.0.options.session_grace_seconds.into());
        if self.0.store.now() - former.replaced_at > grace {
            self.end_as_stolen(&session, "former_token", &Origin::default()).await?;
            return Err(Error::SessionEnded);
        }
        let account = account::find(db, &session.account_id).await?.ok_or(Error::SessionEnded)?;
        Ok((session, account))
    }

    /// Why this use is not the one the session was opened for.
    fn breach(&self, session: &Session, carrier: Carrier, origin: &Origin) -> Option<&'static str> {
        if session.carrier != carrier.name() {
            return Some("carrier");
        }
        if session.user_agent_hash != user_agent_hash(origin) {
            return Some("user_agent");
        }
        (self.0.options.session_bind_address && session.ip != origin.ip).then_some("address")
    }

    async fn end_as_stolen(&self, session: &Session, reason: &str, origin: &Origin) -> Result<()> {
        tracing::warn!(account = %session.account_id, reason, "a session was used by somebody else and is ended");
        let transaction = self.0.store.transaction().await?;
        session::delete(&transaction, &session.id).await?;
        let body = json!({ "reason": reason, "ip": origin.ip });
        self.commit_with(transaction, "session.stolen", "system", &session.account_id, body).await
    }

    /// A fresh token when the present one is old enough; of two requests at once one gets it.
    async fn renew(
        &self,
        session: &Session,
        shown: &str,
        carrier: Carrier,
        now: DateTime<Utc>,
    ) -> Result<Option<Secret>> {
        let every = TimeDelta::minutes(self.0.options.session_rotate_minutes.into());
        let since = session.rotated_at.unwrap_or(session.created_at);
        if carrier != Carrier::Cookie || session.token_hash != shown || now - since < every {
            return Ok(None);
        }
        let (token, hash) = token::fresh(Kind::Session)?;
        let transaction = self.0.store.transaction().await?;
        let won = session::rotate(&transaction, session, &hash, now).await?;
        transaction.commit().await?;
        Ok(won.then_some(token))
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
            noted(api_key::touch(db, &key.id, now).await)?;
        }
        Ok(Authenticated {
            party: party_of(&account)?,
            must_change_password: account.must_change_password,
            must_show_second_factor: false,
            expires_at: key.expires_at,
            credential: Credential::ApiKey { id: key.id, scopes: scope::split(&key.scopes)? },
            renewed: None,
        })
    }

    pub(super) fn idle(&self, role: Role) -> TimeDelta {
        let options = &self.0.options;
        let minutes = if role.is_administrator() {
            options.administrator_idle_minutes
        } else {
            options.session_idle_minutes
        };
        TimeDelta::minutes(minutes.into())
    }
}

fn card(row: Session, current: Option<&str>) -> SessionCard {
    SessionCard {
        current: current == Some(row.id.as_str()),
        id: row.id,
        created_at: row.created_at,
        last_seen_at: row.last_seen_at,
        expires_at: row.expires_at,
        ip: row.ip,
        user_agent: row.user_agent,
        second_factor: row.second_factor,
    }
}
