//! Signing in with a passkey: as the second step, or alone.

use brain_store::{account, second_factor};

use super::{PasskeyProof, PasskeyRequest, Purpose, taken_apart};
use crate::identity::account::AccountKind;
use crate::identity::sign_in::{Opened, Origin, Refusal, SignedIn, closed};
use crate::identity::{Carrier, Identity, token};
use crate::site::Site;
use crate::{Error, Result};

impl Identity {
    /// Ask for a passkey: of the account behind the question for the second factor, or, without one, whichever the
    /// person chooses instead of a password.
    pub async fn begin_passkey_sign_in(&self, question: Option<&str>, site: &Site) -> Result<PasskeyRequest> {
        let Some(question) = question else {
            return self.request(Purpose::SignIn, None, site).await;
        };
        let asked = self.0.challenges.peek(question, self.0.store.now())?;
        let purpose =
            Purpose::SecondFactor { account: asked.account.clone(), question: token::hash(question) };
        self.request(purpose, Some(&asked.account), site).await
    }

    /// Open a session with a passkey alone: whoever has it and opened it with PIN or finger has shown two factors.
    pub async fn sign_in_with_passkey(
        &self,
        proof: &PasskeyProof,
        origin: &Origin,
        carrier: Carrier,
    ) -> Result<SignedIn> {
        let now = self.0.store.now();
        let parts = taken_apart(&proof.answer).map_err(|_| Error::SignInRefused)?;
        if self.0.ceremonies.take(&parts.nonce, now) != Some(Purpose::SignIn) {
            return Err(Error::ChallengeEnded);
        }
        let transaction = self.0.store.transaction().await?;
        let row = second_factor::passkey_by_credential(&transaction, &proof.answer.credential_id).await?;
        let account = match &row {
            Some(row) => account::find_for_update(&transaction, &row.account_id).await?,
            None => None,
        };
        let person = account.filter(|account| account.kind == AccountKind::Person.name());
        let (Some(row), Some(account)) = (row, person) else {
            self.refuse(transaction, None, Refusal::UnknownAccount, origin, now).await?;
            return Err(Error::SignInRefused);
        };
        if let Some(refusal) = closed(&account, now) {
            self.refuse(transaction, Some(&account), refusal, origin, now).await?;
            return Err(Error::SignInRefused);
        }
        // §7.2 step 6: where the person was not known before, the authenticator must say who it is.
        let named = proof.answer.user_handle.is_some();
        if !named || !self.check_assertion(&transaction, &row, proof, &parts, now).await? {
            self.refuse(transaction, Some(&account), Refusal::WrongSecondFactor, origin, now).await?;
            return Err(Error::SignInRefused);
        }
        let opened = Opened { first: "passkey".to_owned(), second: Some("passkey".to_owned()) };
        self.open_session(transaction, account, origin, carrier, opened).await
    }
}
