//! Signing in: password, then the second factor where there is one, then a session.

use brain_kernel::hexadecimal;
use brain_kernel::party::Party;
use brain_store::account::{self, Account};
use brain_store::session::{self, Session};
use brain_store::{Transaction, second_factor};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::account::AccountKind;
use super::passkeys::Place;
use super::second_factor::Proof;
use super::sessions::Carrier;
use super::token::{self, Kind};
use super::{Identity, party_of};
use crate::{Error, EvidenceEntry, Result, Secret};

/// Longest kept user agent, in characters.
const USER_AGENT_CHARACTERS_MAX: usize = 200;
/// A lock never lasts longer than this, in minutes.
const LOCK_MINUTES_MAX: i64 = 24 * 60;

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
    /// Id of the session.
    pub session: String,
    /// Who signed in.
    pub party: Party,
    /// Whether [`Identity::change_password`] must come before anything else.
    pub must_change_password: bool,
    /// Whether a second factor must be set up before anything else.
    pub must_show_second_factor: bool,
    /// Absolute end of the session.
    pub expires_at: DateTime<Utc>,
}

/// A good password of an account that has a second factor too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecondFactorNeeded {
    /// Sent back with the second factor.
    pub challenge: String,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
    /// Which there are: `totp`, `passkey`, `recovery_code`.
    pub methods: Vec<String>,
}

/// Where a good password leads.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// To a session.
    Open(SignedIn),
    /// To the question for the second factor.
    SecondFactor(SecondFactorNeeded),
}

/// How a session was opened.
#[derive(Debug, Clone)]
pub(super) struct Opened {
    /// `password`, `passkey` or `federated:<provider>`.
    pub(super) first: String,
    /// The second factor, where one was shown.
    pub(super) second: Option<String>,
}

/// Why a sign-in was refused: written to the evidence log, never told to the caller.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refusal {
    UnknownAccount,
    WrongPassword,
    WrongSecondFactor,
    Locked,
    Disabled,
}

impl Refusal {
    const fn name(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::WrongPassword => "wrong_password",
            Self::WrongSecondFactor => "wrong_second_factor",
            Self::Locked => "locked",
            Self::Disabled => "disabled",
        }
    }
}

impl Identity {
    /// Check a password. Unknown name, wrong password, locked and disabled account answer alike and take as long.
    pub async fn sign_in(
        &self,
        username: &str,
        password: &Secret,
        origin: &Origin,
        carrier: Carrier,
    ) -> Result<SignIn> {
        let username = username.trim().to_lowercase();
        let person = |account: &Account| account.kind == AccountKind::Person.name();
        let seen = account::find_by_username(self.0.store.db(), &username).await?.filter(person);
        let stored = seen.as_ref().map(|account| account.password_hash.as_str());
        let matches = self.0.hasher.verify(password, stored).await?;

        let transaction = self.0.store.transaction().await?;
        // Read again under the lock: another attempt may have counted, or the password changed, meanwhile.
        let account = account::find_by_username_for_update(&transaction, &username).await?.filter(person);
        let now = self.0.store.now();
        let refusal = match &account {
            None => Some(Refusal::UnknownAccount),
            Some(account) => closed(account, now).or_else(|| {
                let good = matches && Some(account.password_hash.as_str()) == stored;
                (!good).then_some(Refusal::WrongPassword)
            }),
        };
        match (refusal, account) {
            (None, Some(account)) => {
                self.after_first(transaction, account, "password", origin, carrier).await
            }
            (refusal, account) => {
                let refusal = refusal.unwrap_or(Refusal::UnknownAccount);
                self.refuse(transaction, account.as_ref(), refusal, origin, now).await?;
                Err(Error::SignInRefused)
            }
        }
    }

    /// Where a good first factor leads: to a session, or to the question for the second.
    async fn after_first(
        &self,
        transaction: Transaction,
        account: Account,
        first: &str,
        origin: &Origin,
        carrier: Carrier,
    ) -> Result<SignIn> {
        let methods = self.methods(&transaction, &account.id).await?;
        if methods.is_empty() {
            let opened = Opened { first: first.to_owned(), second: None };
            return self.open_session(transaction, account, origin, carrier, opened).await.map(SignIn::Open);
        }
        transaction.rollback().await?;
        let (token, challenge) = self.0.challenges.ask(&account.id, first, self.0.store.now())?;
        Ok(SignIn::SecondFactor(SecondFactorNeeded {
            challenge: token.expose().to_owned(),
            expires_at: challenge.expires_at,
            methods,
        }))
    }

    /// Open a session for a person whom an outside provider vouched for, in the transaction that found who it is;
    /// `second` says whether two factors were shown there.
    pub(crate) async fn sign_in_vouched(
        &self,
        transaction: Transaction,
        account: Account,
        provider: &str,
        second: bool,
        origin: &Origin,
        carrier: Carrier,
    ) -> Result<SignIn> {
        let now = self.0.store.now();
        if let Some(refusal) = closed(&account, now) {
            self.refuse(transaction, Some(&account), refusal, origin, now).await?;
            return Err(Error::SignInRefused);
        }
        let first = format!("federated:{provider}");
        if !second {
            return self.after_first(transaction, account, &first, origin, carrier).await;
        }
        let opened = Opened { second: Some(first.clone()), first };
        self.open_session(transaction, account, origin, carrier, opened).await.map(SignIn::Open)
    }

    /// Answer the question for the second factor and open the session.
    pub async fn sign_in_second(
        &self,
        challenge: &str,
        proof: &Proof,
        origin: &Origin,
        carrier: Carrier,
    ) -> Result<SignedIn> {
        let now = self.0.store.now();
        let asked = self.0.challenges.attempt(challenge, now)?;
        let transaction = self.0.store.transaction().await?;
        let found = account::find_for_update(&transaction, &asked.account).await?;
        let account = found.ok_or(Error::ChallengeEnded)?;
        if let Some(refusal) = closed(&account, now) {
            self.0.challenges.end(challenge);
            self.refuse(transaction, Some(&account), refusal, origin, now).await?;
            return Err(Error::SignInRefused);
        }
        let question = token::hash(challenge);
        let place = Place::SignIn(&question);
        let Some(factor) = self.prove(&transaction, &account.id, proof, place, now).await? else {
            self.refuse(transaction, Some(&account), Refusal::WrongSecondFactor, origin, now).await?;
            return Err(Error::SecondFactorWrong);
        };
        if !self.0.challenges.end(challenge) {
            // Answered by another request at the same moment: one answer, one session.
            transaction.rollback().await?;
            return Err(Error::ChallengeEnded);
        }
        let opened = Opened { first: asked.first, second: Some(factor.to_owned()) };
        self.open_session(transaction, account, origin, carrier, opened).await
    }

    pub(super) async fn open_session(
        &self,
        transaction: Transaction,
        account: Account,
        origin: &Origin,
        carrier: Carrier,
        opened: Opened,
    ) -> Result<SignedIn> {
        let (party, now) = (party_of(&account)?, self.0.store.now());
        let open = session::of_account(&transaction, &account.id).await?;
        let most = (self.0.options.sessions_max.max(1) - 1) as usize;
        let ended = open.len().saturating_sub(most);
        for oldest in open.iter().take(ended) {
            session::delete(&transaction, &oldest.id).await?;
        }
        let (token, token_hash) = token::fresh(Kind::Session)?;
        let expires_at = now + TimeDelta::hours(self.0.options.session_hours_max.into());
        let session = Session {
            token_hash,
            id: self.0.store.new_id(),
            account_id: account.id.clone(),
            created_at: now,
            last_seen_at: now,
            expires_at,
            ip: origin.ip.clone(),
            user_agent: user_agent(origin),
            user_agent_hash: user_agent_hash(origin),
            carrier: carrier.name().to_owned(),
            rotated_at: None,
            first_factor: opened.first.clone(),
            second_factor_at: opened.second.as_ref().map(|_| now),
            second_factor: opened.second.clone(),
        };
        let id = session.id.clone();
        session::insert(&transaction, session).await?;
        account::record_sign_in(&transaction, &account.id, now).await?;
        let body = json!({
            "ip": origin.ip,
            "user_agent": user_agent(origin),
            "first_factor": opened.first,
            "second_factor": opened.second,
            "ended_for_it": ended,
        });
        self.commit_with(transaction, "session.open", &account.id, &account.id, body).await?;
        let required = self.0.options.second_factor_required_roles.contains(&party.role);
        Ok(SignedIn {
            token,
            session: id,
            must_change_password: self.must_change_password(&account, party.role, now),
            must_show_second_factor: required && opened.second.is_none(),
            party,
            expires_at,
        })
    }

    /// Count a second factor that was wrong like a wrong password.
    pub(super) async fn refuse_factor(
        &self,
        transaction: Transaction,
        account: &Account,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.refuse(transaction, Some(account), Refusal::WrongSecondFactor, &Origin::default(), now).await
    }

    pub(super) async fn refuse(
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
        if let (Some(account), Refusal::WrongPassword | Refusal::WrongSecondFactor) = (account, refusal) {
            let failures = account.failed_sign_ins.saturating_add(1);
            let lock = i64::from(failures) >= i64::from(self.0.options.sign_in_failures_max);
            let until = lock.then(|| now + self.lock_time(account.lockouts));
            let lockouts = account.lockouts.saturating_add(i32::from(lock));
            // After a lock the count starts anew; the number of locks does not, until a good sign-in.
            let failures_kept = if lock { 0 } else { failures };
            account::record_failure(&transaction, &account.id, failures_kept, lockouts, until).await?;
            if let Some(until) = until {
                let body = json!({ "until": until, "failures": failures, "lockouts": lockouts });
                entries.push(entry("account.lock", body));
            }
        }
        self.0.evidence.record_all_in(&transaction, entries).await?;
        Ok(transaction.commit().await?)
    }

    /// Second factors an account has set up.
    async fn methods(&self, transaction: &Transaction, account_id: &str) -> Result<Vec<String>> {
        let totp = second_factor::totp(transaction, account_id).await?;
        let mut methods = Vec::new();
        if totp.is_some_and(|row| row.confirmed_at.is_some()) {
            methods.push("totp".to_owned());
        }
        // A suspended passkey still is one: who copied it must not get in by the password alone.
        if !second_factor::passkeys(transaction, account_id).await?.is_empty() {
            methods.push("passkey".to_owned());
        }
        if !methods.is_empty() && second_factor::recovery_codes_left(transaction, account_id).await? > 0 {
            methods.push("recovery_code".to_owned());
        }
        Ok(methods)
    }

    /// How long the next lock lasts after this many in a row: twice as long each time, a day at most.
    fn lock_time(&self, lockouts: i32) -> TimeDelta {
        let doublings = u32::try_from(lockouts).unwrap_or_default().min(16);
        let minutes = i64::from(self.0.options.lock_minutes) << doublings;
        TimeDelta::minutes(minutes.min(LOCK_MINUTES_MAX.max(self.0.options.lock_minutes.into())))
    }
}

/// Why nobody may sign in with this account now.
pub(super) fn closed(account: &Account, now: DateTime<Utc>) -> Option<Refusal> {
    if account.disabled {
        return Some(Refusal::Disabled);
    }
    account.locked_until.is_some_and(|until| until > now).then_some(Refusal::Locked)
}

pub(super) fn user_agent(origin: &Origin) -> Option<String> {
    origin.user_agent.as_ref().map(|text| text.chars().take(USER_AGENT_CHARACTERS_MAX).collect())
}

/// What a session is bound to: the whole user agent, hashed.
pub(super) fn user_agent_hash(origin: &Origin) -> Option<String> {
    origin.user_agent.as_ref().map(|text| hexadecimal::encode(&Sha256::digest(text.as_bytes())))
}
