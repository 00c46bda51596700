//! Passkeys over a real store: added, shown at sign-in, for step-up and instead of a password, copied, removed.

use brain_kernel::party::Role;
use brain_store::{PageRequest, evidence::LeafFilter};
use brain_trust::{
    Carrier, NewPasskey, Options, PasskeyAdded, PasskeyAnswer, PasskeyProof, Proof, Secret, SignIn, SignedIn,
    Site,
};
use chrono::TimeDelta;
use serde_json::Value;

use crate::node::{Node, PASSWORD, options, origin};

#[expect(dead_code, unreachable_pub, reason = "the file of brain-testkit, which has more users")]
#[path = "../../../testkit/src/authenticator.rs"]
mod authenticator;

use authenticator::Authenticator;

const ORIGIN: &str = "https://brain.example";
const DOMAIN: &str = "brain.example";

fn site() -> Site {
    Site::parse(ORIGIN).unwrap()
}

async fn start() -> Node {
    let roles = [Role::ADMINISTRATORS.as_slice(), &[Role::Government]].concat();
    Node::start_with(Options { second_factor_required_roles: roles, ..options() }).await
}

fn new_passkey(registration: Value) -> NewPasskey {
    serde_json::from_value(registration).unwrap()
}

fn proof(answer: Value) -> PasskeyProof {
    let answer: PasskeyAnswer = serde_json::from_value(answer).unwrap();
    PasskeyProof { site: site(), answer }
}

fn factor(answer: Value) -> Proof {
    Proof::Passkey(Box::new(proof(answer)))
}

async fn add(
    node: &Node,
    signed_in: &SignedIn,
    authenticator: &Authenticator,
) -> brain_trust::Result<PasskeyAdded> {
    let identity = node.trust.identity();
    let credential = node.inspect(signed_in.token.expose()).await.unwrap().credential;
    let asked = identity.begin_passkey(&signed_in.party, &credential, &site()).await?;
    assert_eq!((asked.relying_party.as_str(), asked.algorithms.as_slice()), (DOMAIN, [-8, -7].as_slice()));
    let new = new_passkey(authenticator.registration(&asked.challenge, "办公电脑"));
    identity.confirm_passkey(&signed_in.party, &signed_in.session, &site(), &new).await
}

async fn question(node: &Node, username: &str) -> String {
    let identity = node.trust.identity();
    match identity.sign_in(username, &Secret::new(PASSWORD), &origin(), Carrier::Token).await.unwrap() {
        SignIn::SecondFactor(needed) => {
            assert_eq!(needed.methods, ["passkey", "recovery_code"]);
            needed.challenge
        }
        SignIn::Open(_) => panic!("no second factor was asked for"),
    }
}

async fn second(node: &Node, question: &str, proof: &Proof) -> brain_trust::Result<SignedIn> {
    node.trust.identity().sign_in_second(question, proof, &origin(), Carrier::Token).await
}

async fn challenge(node: &Node, question: &str) -> String {
    node.trust.identity().begin_passkey_sign_in(Some(question), &site()).await.unwrap().challenge
}

#[tokio::test]
async fn a_passkey_is_the_second_factor_between_password_and_session() {
    let node = start().await;
    node.account("zhangsan", Role::Government).await;
    let first = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    assert!(first.must_show_second_factor);
    for mut authenticator in [Authenticator::es256(ORIGIN, DOMAIN), Authenticator::eddsa(ORIGIN, DOMAIN)] {
        let added = add(&node, &first, &authenticator).await.unwrap();
        assert_eq!(added.card.name, "办公电脑");
        node.authenticate(first.token.expose()).await.expect("the session has shown its factor");
        let asked = question(&node, "zhangsan").await;
        let answer = authenticator.answer(&challenge(&node, &asked).await, None);
        let opened = second(&node, &asked, &factor(answer.clone())).await.unwrap();
        assert!(!opened.must_show_second_factor);
        let again = question(&node, "zhangsan").await;
        let replayed = second(&node, &again, &factor(answer)).await.unwrap_err();
        assert_eq!(replayed.code(), "trust/second-factor-wrong", "an assertion works once");
    }
    let identity = node.trust.identity();
    let card = identity.security(&first.party, None).await.unwrap();
    assert_eq!((card.passkeys.len(), card.recovery_codes_left), (2, 10), "codes came with the first only");
    let kinds = node.kinds().await;
    assert!(kinds.iter().any(|kind| kind == "second_factor.add"), "{kinds:?}");
}

#[tokio::test]
async fn an_answer_for_one_place_does_nothing_in_another() {
    let node = start().await;
    for username in ["zhangsan", "lisi"] {
        node.account(username, Role::Government).await;
    }
    let zhang = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let li = node.sign_in("lisi", PASSWORD).await.unwrap();
    let mut of_zhang = Authenticator::es256(ORIGIN, DOMAIN);
    let mut of_li = Authenticator::eddsa(ORIGIN, DOMAIN);
    add(&node, &zhang, &of_zhang).await.unwrap();
    add(&node, &li, &of_li).await.unwrap();
    let refused = |outcome: brain_trust::Result<SignedIn>| assert!(outcome.is_err());
    let asked = question(&node, "zhangsan").await;
    // Another person's passkey, another question's challenge, a challenge for step-up, a passwordless one.
    refused(second(&node, &asked, &factor(of_li.answer(&challenge(&node, &asked).await, None))).await);
    let other = question(&node, "lisi").await;
    refused(second(&node, &asked, &factor(of_zhang.answer(&challenge(&node, &other).await, None))).await);
    let identity = node.trust.identity();
    let step_up = identity.begin_step_up(&zhang.party, &zhang.session, &site()).await.unwrap();
    refused(second(&node, &asked, &factor(of_zhang.answer(&step_up.challenge, None))).await);
    let alone = identity.begin_passkey_sign_in(None, &site()).await.unwrap();
    refused(second(&node, &asked, &factor(of_zhang.answer(&alone.challenge, None))).await);
    // And the right one.
    let unlocked = node.trust.identity();
    unlocked.unlock_account(&crate::node::security(), &zhang.party.account).await.unwrap();
    let asked = question(&node, "zhangsan").await;
    let good = of_zhang.answer(&challenge(&node, &asked).await, None);
    second(&node, &asked, &factor(good)).await.unwrap();
    let mut late = identity.begin_step_up(&zhang.party, &zhang.session, &site()).await.unwrap();
    node.clock.advance(TimeDelta::minutes(6));
    let proof = factor(of_zhang.answer(&late.challenge, None));
    assert!(identity.step_up(&zhang.party, &zhang.session, &proof).await.is_err(), "five minutes");
    late = identity.begin_step_up(&zhang.party, &zhang.session, &site()).await.unwrap();
    let proof = factor(of_zhang.answer(&late.challenge, None));
    identity.step_up(&zhang.party, &zhang.session, &proof).await.unwrap();
}

#[tokio::test]
async fn a_registration_is_bound_to_the_session_that_asked_and_works_once() {
    let node = start().await;
    node.account("zhangsan", Role::ComponentAuthor).await;
    let identity = node.trust.identity();
    let one = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let other = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let authenticator = Authenticator::es256(ORIGIN, DOMAIN);
    let ask = async || {
        let credential = node.inspect(one.token.expose()).await.unwrap().credential;
        identity.begin_passkey(&one.party, &credential, &site()).await.unwrap().challenge
    };
    let confirm = async |session: &str, new: NewPasskey| {
        identity.confirm_passkey(&one.party, session, &site(), &new).await
    };
    let new = new_passkey(authenticator.registration(&ask().await, "a"));
    let stray = confirm(&other.session, new.clone()).await.unwrap_err();
    assert_eq!(stray.code(), "trust/challenge-ended", "another session's challenge");
    let gone = confirm(&one.session, new).await.unwrap_err();
    assert_eq!(gone.code(), "trust/challenge-ended", "and it is spent");
    let elsewhere = Authenticator::es256("https://evil.example", DOMAIN);
    let lured = new_passkey(elsewhere.registration(&ask().await, "a"));
    assert_eq!(confirm(&one.session, lured).await.unwrap_err().code(), "trust/passkey-refused");
    let good = new_passkey(authenticator.registration(&ask().await, "a"));
    confirm(&one.session, good.clone()).await.unwrap();
    let again = new_passkey(authenticator.registration(&ask().await, "b"));
    assert_eq!(confirm(&one.session, again).await.unwrap_err().code(), "trust/passkey-refused", "known id");
    assert_eq!(confirm(&one.session, good).await.unwrap_err().code(), "trust/challenge-ended");
    let unnamed = new_passkey(Authenticator::eddsa(ORIGIN, DOMAIN).registration(&ask().await, "  "));
    assert_eq!(confirm(&one.session, unnamed).await.unwrap_err().code(), "trust/invalid-argument");
}

#[tokio::test]
async fn a_passkey_alone_opens_a_session_with_two_factors() {
    let node = start().await;
    let id = node.account("zhangsan", Role::Government).await;
    let first = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let mut authenticator = Authenticator::eddsa(ORIGIN, DOMAIN);
    add(&node, &first, &authenticator).await.unwrap();
    let identity = node.trust.identity();
    let handle = authenticator::base64url(id.as_bytes());
    let ask = async || {
        let asked = identity.begin_passkey_sign_in(None, &site()).await.unwrap();
        assert!(asked.allow.is_empty(), "nobody is named before he shows himself");
        asked.challenge
    };
    let sign_in =
        async |answer: Value| identity.sign_in_with_passkey(&proof(answer), &origin(), Carrier::Token).await;
    let answer = authenticator.answer(&ask().await, Some(&handle));
    let opened = sign_in(answer.clone()).await.unwrap();
    assert!(!opened.must_show_second_factor && opened.party.account == id);
    node.authenticate(opened.token.expose()).await.unwrap();
    assert_eq!(sign_in(answer).await.unwrap_err().code(), "trust/challenge-ended", "replay");
    let unnamed = authenticator.answer(&ask().await, None);
    assert_eq!(sign_in(unnamed).await.unwrap_err().code(), "trust/sign-in-refused");
    let another = authenticator::base64url(b"somebody else");
    let misnamed = authenticator.answer(&ask().await, Some(&another));
    assert_eq!(sign_in(misnamed).await.unwrap_err().code(), "trust/sign-in-refused");
    let stranger = Authenticator::es256(ORIGIN, DOMAIN).answer(&ask().await, Some(&handle));
    assert_eq!(sign_in(stranger).await.unwrap_err().code(), "trust/sign-in-refused");
    identity.set_disabled(&crate::node::party(Role::SystemAdministrator), &id, true).await.unwrap();
    let closed = authenticator.answer(&ask().await, Some(&handle));
    assert_eq!(sign_in(closed).await.unwrap_err().code(), "trust/sign-in-refused");
}

#[tokio::test]
async fn a_copied_passkey_is_suspended_and_recorded() {
    let node = start().await;
    node.account("zhangsan", Role::Government).await;
    let first = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let mut authenticator = Authenticator::es256(ORIGIN, DOMAIN);
    add(&node, &first, &authenticator).await.unwrap();
    authenticator.counter = 7;
    let asked = question(&node, "zhangsan").await;
    let good = authenticator.answer(&challenge(&node, &asked).await, None);
    second(&node, &asked, &factor(good)).await.unwrap();
    // The copy was made before and is behind.
    authenticator.counter = 3;
    let asked = question(&node, "zhangsan").await;
    let copy = authenticator.answer(&challenge(&node, &asked).await, None);
    assert!(second(&node, &asked, &factor(copy)).await.is_err());
    let identity = node.trust.identity();
    let card = identity.passkeys(&first.party).await.unwrap().remove(0);
    assert!(card.suspended_at.is_some());
    // The original is not believed any more either, and the password alone opens nothing.
    let asked = question(&node, "zhangsan").await;
    let outcome = identity.begin_passkey_sign_in(Some(&asked), &site()).await;
    assert_eq!(outcome.unwrap_err().code(), "trust/not-found");
    let page = PageRequest::new(1, 1_000);
    let entries = node.trust.evidence().entries(&LeafFilter::default(), page).await.unwrap().items;
    let copied = entries.iter().find(|entry| entry.kind == "second_factor.copied").unwrap();
    assert_eq!(copied.body["passkey"], card.id);
}

#[tokio::test]
async fn a_passkey_is_removed_with_a_fresh_factor_and_never_the_last_of_a_role_that_needs_one() {
    let node = start().await;
    node.account("zhangsan", Role::Government).await;
    node.account("author", Role::ComponentAuthor).await;
    let first = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let (one, two) = (Authenticator::es256(ORIGIN, DOMAIN), Authenticator::eddsa(ORIGIN, DOMAIN));
    let one = add(&node, &first, &one).await.unwrap().card;
    let two = add(&node, &first, &two).await.unwrap().card;
    let identity = node.trust.identity();
    let credential =
        async |signed_in: &SignedIn| node.inspect(signed_in.token.expose()).await.unwrap().credential;
    identity.rename_passkey(&first.party, &one.id, " 手机 ").await.unwrap();
    assert_eq!(identity.passkeys(&first.party).await.unwrap()[0].name, "手机");
    node.clock.advance(TimeDelta::minutes(11));
    let stale = identity.remove_passkey(&first.party, &credential(&first).await, &one.id).await;
    assert_eq!(stale.unwrap_err().code(), "trust/step-up-required");
    let replaced = identity.begin_passkey(&first.party, &credential(&first).await, &site()).await;
    assert_eq!(replaced.unwrap_err().code(), "trust/step-up-required", "a found session adds none");
    node.clock.advance(TimeDelta::minutes(-11));
    identity.remove_passkey(&first.party, &credential(&first).await, &one.id).await.unwrap();
    let last = identity.remove_passkey(&first.party, &credential(&first).await, &two.id).await;
    assert_eq!(last.unwrap_err().code(), "trust/last-factor");
    assert_eq!(identity.passkeys(&first.party).await.unwrap().len(), 1);

    let author = node.sign_in("author", PASSWORD).await.unwrap();
    let before = node.sign_in("author", PASSWORD).await.unwrap();
    let added = add(&node, &author, &Authenticator::es256(ORIGIN, DOMAIN)).await.unwrap();
    let others = identity.remove_passkey(&author.party, &credential(&author).await, &two.id).await;
    assert_eq!(others.unwrap_err().code(), "trust/not-found", "nobody removes another's");
    let unseen = identity.remove_passkey(&before.party, &credential(&before).await, &added.card.id).await;
    assert_eq!(
        unseen.unwrap_err().code(),
        "trust/step-up-required",
        "a session from before showed no factor"
    );
    identity.remove_passkey(&author.party, &credential(&author).await, &added.card.id).await.unwrap();
    node.sign_in("author", PASSWORD).await.expect("without a factor the password opens the session again");
    let left = identity.security(&author.party, None).await.unwrap().recovery_codes_left;
    assert_eq!(left, 0, "recovery codes of nothing open nothing");
}

#[tokio::test]
async fn browsers_keep_no_passkeys_for_an_address_of_numbers() {
    let node = start().await;
    let numbers = Site::parse("http://127.0.0.1:7600").unwrap();
    let refused = node.trust.identity().begin_passkey_sign_in(None, &numbers).await.unwrap_err();
    assert_eq!(refused.code(), "trust/invalid-argument");
    assert!(refused.to_string().contains("http.public_url"));
}
