//! Second factors, sessions that change their token, locks, histories, stale accounts.

use brain_kernel::party::{Party, Role};
use brain_trust::{
    AccountKind, Carrier, Credential, NewAccount, NewNode, NodeState, Options, Origin, Proof, Scope, Secret,
    SignIn, SignedIn,
};
use chrono::TimeDelta;
use totp_rs::{Algorithm, Builder};

use crate::node::{Node, PASSWORD, options, origin, party};

/// What the authenticator application shows now, `steps` half minutes from now.
fn code(node: &Node, secret: &str, steps: i64) -> String {
    let now = node.store.now().timestamp() + steps * 30;
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(30)
        .with_secret(totp_rs::Secret::try_from_base32(secret).unwrap());
    totp.build().unwrap().generate(now.unsigned_abs()).to_string()
}

async fn start_strict() -> Node {
    let roles = [Role::ADMINISTRATORS.as_slice(), &[Role::Government]].concat();
    Node::start_with(Options { second_factor_required_roles: roles, ..options() }).await
}

async fn challenge(node: &Node, username: &str) -> String {
    let identity = node.trust.identity();
    match identity.sign_in(username, &Secret::new(PASSWORD), &origin(), Carrier::Token).await.unwrap() {
        SignIn::SecondFactor(needed) => {
            assert_eq!(needed.methods, ["totp", "recovery_code"]);
            needed.challenge
        }
        SignIn::Open(_) => panic!("no second factor was asked for"),
    }
}

async fn answer(node: &Node, challenge: &str, proof: Proof) -> brain_trust::Result<SignedIn> {
    node.trust.identity().sign_in_second(challenge, &proof, &origin(), Carrier::Token).await
}

/// Set an authenticator application up; its secret and the recovery codes.
async fn enrol(node: &Node, signed_in: &SignedIn) -> (String, Vec<Secret>) {
    let identity = node.trust.identity();
    let credential = node.inspect(signed_in.token.expose()).await.unwrap().credential;
    let new = identity.begin_totp(&signed_in.party, &credential).await.unwrap();
    let secret = new.secret.expose().to_owned();
    assert!(new.uri.expose().contains(&secret));
    let wrong = identity.confirm_totp(&signed_in.party, &signed_in.session, "000000").await;
    assert_eq!(wrong.unwrap_err().code(), "trust/second-factor-wrong");
    let code = code(node, &secret, 0);
    let codes = identity.confirm_totp(&signed_in.party, &signed_in.session, &code).await.unwrap();
    (secret, codes)
}

#[tokio::test]
async fn a_role_that_needs_a_second_factor_can_do_nothing_before_it_has_one() {
    let node = start_strict().await;
    for role in Role::ALL {
        node.account(role.name(), role).await;
        let signed_in = node.sign_in(role.name(), PASSWORD).await.unwrap();
        let needs = role.is_administrator() || role == Role::Government;
        assert_eq!(signed_in.must_show_second_factor, needs);
        let admitted = node.authenticate(signed_in.token.expose()).await;
        if needs {
            assert_eq!(admitted.unwrap_err().code(), "trust/second-factor-required");
            enrol(&node, &signed_in).await;
        }
        node.authenticate(signed_in.token.expose()).await.unwrap();
    }
}

#[tokio::test]
async fn after_the_password_a_code_opens_the_session_once() {
    let node = start_strict().await;
    node.account("zhangsan", Role::Government).await;
    let first = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let (secret, codes) = enrol(&node, &first).await;
    assert_eq!(codes.len(), 10);
    let used = Proof::Totp(code(&node, &secret, 0));
    let asked = challenge(&node, "zhangsan").await;
    let replay = answer(&node, &asked, used).await.unwrap_err();
    assert_eq!(replay.code(), "trust/second-factor-wrong", "the step of the enrolment is used up");
    node.clock.advance(TimeDelta::seconds(30));
    let fresh = Proof::Totp(code(&node, &secret, 0));
    let opened = answer(&node, &asked, fresh.clone()).await.unwrap();
    assert!(!opened.must_show_second_factor);
    node.authenticate(opened.token.expose()).await.unwrap();
    assert_eq!(answer(&node, &asked, fresh.clone()).await.unwrap_err().code(), "trust/challenge-ended");
    let again = challenge(&node, "zhangsan").await;
    assert_eq!(answer(&node, &again, fresh).await.unwrap_err().code(), "trust/second-factor-wrong");
    node.clock.advance(TimeDelta::minutes(6));
    let late = Proof::Totp(code(&node, &secret, 0));
    assert_eq!(answer(&node, &again, late).await.unwrap_err().code(), "trust/challenge-ended");
    let kinds = node.kinds().await;
    assert!(kinds.iter().any(|kind| kind == "second_factor.add"), "{kinds:?}");
}

#[tokio::test]
async fn a_recovery_code_works_once_and_fresh_ones_void_the_old() {
    let node = start_strict().await;
    node.account("zhangsan", Role::Government).await;
    let first = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let (_, codes) = enrol(&node, &first).await;
    let one = Proof::RecoveryCode(codes[3].clone());
    let asked = challenge(&node, "zhangsan").await;
    let opened = answer(&node, &asked, one.clone()).await.unwrap();
    let asked = challenge(&node, "zhangsan").await;
    assert_eq!(answer(&node, &asked, one).await.unwrap_err().code(), "trust/second-factor-wrong");
    let identity = node.trust.identity();
    let credential = node.inspect(opened.token.expose()).await.unwrap().credential;
    let fresh = identity.new_recovery_codes(&opened.party, &credential).await.unwrap();
    let old = Proof::RecoveryCode(codes[4].clone());
    assert_eq!(answer(&node, &asked, old).await.unwrap_err().code(), "trust/second-factor-wrong");
    answer(&node, &asked, Proof::RecoveryCode(fresh[0].clone())).await.unwrap();
    let card = identity.security(&opened.party, Some(&opened.session)).await.unwrap();
    assert_eq!((card.recovery_codes_left, card.totp_since.is_some()), (9, true));
}

#[tokio::test]
async fn wrong_second_factors_lock_the_account_like_wrong_passwords() {
    let node = start_strict().await;
    node.account("zhangsan", Role::Government).await;
    let first = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let (secret, _) = enrol(&node, &first).await;
    node.clock.advance(TimeDelta::minutes(1));
    let asked = challenge(&node, "zhangsan").await;
    for _ in 0..5 {
        let wrong = answer(&node, &asked, Proof::Totp("000000".to_owned())).await.unwrap_err();
        assert_eq!(wrong.code(), "trust/second-factor-wrong");
    }
    let good = Proof::Totp(code(&node, &secret, 0));
    assert_eq!(answer(&node, &asked, good).await.unwrap_err().code(), "trust/challenge-ended");
    assert_eq!(node.sign_in("zhangsan", PASSWORD).await.unwrap_err().code(), "trust/sign-in-refused");
    let id = &first.party.account;
    node.trust.identity().unlock_account(&party(Role::SecurityAdministrator), id).await.unwrap();
    challenge(&node, "zhangsan").await;
}

#[tokio::test]
async fn sensitive_acts_need_a_second_factor_shown_lately_and_no_key_will_do() {
    let node = start_strict().await;
    node.account("zhangsan", Role::Government).await;
    let signed_in = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let (secret, _) = enrol(&node, &signed_in).await;
    let identity = node.trust.identity();
    let credential = || async { node.inspect(signed_in.token.expose()).await.unwrap().credential };
    identity.require_fresh(&credential().await).unwrap();
    node.clock.advance(TimeDelta::minutes(11));
    assert_eq!(identity.require_fresh(&credential().await).unwrap_err().code(), "trust/step-up-required");
    let refused = identity.remove_totp(&signed_in.party, &credential().await).await.unwrap_err();
    assert_eq!(refused.code(), "trust/step-up-required");
    let replaced = identity.begin_totp(&signed_in.party, &credential().await).await.unwrap_err();
    assert_eq!(replaced.code(), "trust/step-up-required", "a found session cannot change the telephone");
    let proof = Proof::Totp(code(&node, &secret, 0));
    identity.step_up(&signed_in.party, &signed_in.session, &proof).await.unwrap();
    identity.require_fresh(&credential().await).unwrap();
    let key = Credential::ApiKey { id: "k".to_owned(), scopes: Scope::every() };
    assert_eq!(identity.require_fresh(&key).unwrap_err().code(), "trust/step-up-required");
}

#[tokio::test]
async fn a_lost_second_factor_is_reset_by_the_security_administrator_and_never_by_himself() {
    let node = start_strict().await;
    let id = node.account("zhangsan", Role::Government).await;
    let signed_in = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    enrol(&node, &signed_in).await;
    let identity = node.trust.identity();
    let security = party(Role::SecurityAdministrator);
    let own = identity.reset_second_factor(&security, &security.account).await.unwrap_err();
    assert_eq!(own.code(), "trust/own-account");
    identity.reset_second_factor(&security, &id).await.unwrap();
    assert!(node.inspect(signed_in.token.expose()).await.is_err(), "its sessions end");
    assert!(node.sign_in("zhangsan", PASSWORD).await.unwrap().must_show_second_factor);
}

async fn browser(node: &Node, username: &str) -> SignedIn {
    let identity = node.trust.identity();
    match identity.sign_in(username, &Secret::new(PASSWORD), &origin(), Carrier::Cookie).await.unwrap() {
        SignIn::Open(signed_in) => signed_in,
        SignIn::SecondFactor(_) => panic!("no second factor here"),
    }
}

#[tokio::test]
async fn a_browsers_token_is_replaced_and_the_old_one_shown_late_ends_the_session_for_everybody() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Enterprise).await;
    let identity = node.trust.identity();
    let first = browser(&node, "zhangsan").await.token;
    let show = |token: Secret| {
        let identity = identity.clone();
        async move { identity.inspect(token.expose(), Carrier::Cookie, &origin()).await }
    };
    assert!(show(first.clone()).await.unwrap().renewed.is_none());
    node.clock.advance(TimeDelta::minutes(15));
    let second = show(first.clone()).await.unwrap().renewed.unwrap();
    assert_ne!(first.expose(), second.expose());
    // Requests under way with the old one are answered, and change nothing.
    assert!(show(first.clone()).await.unwrap().renewed.is_none());
    assert!(show(second.clone()).await.unwrap().renewed.is_none());
    node.clock.advance(TimeDelta::seconds(61));
    show(second.clone()).await.unwrap();
    assert_eq!(show(first).await.unwrap_err().code(), "trust/session-ended");
    assert_eq!(show(second).await.unwrap_err().code(), "trust/session-ended", "the thief's or the owner's");
    assert_eq!(node.kinds().await.last().unwrap(), "session.stolen");
}

#[tokio::test]
async fn a_session_taken_to_another_program_or_sent_another_way_ends_at_once() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Enterprise).await;
    let identity = node.trust.identity();
    let other = Origin { user_agent: Some("another".to_owned()), ..origin() };
    for (carrier, from) in [(Carrier::Token, origin()), (Carrier::Cookie, other.clone())] {
        let token = browser(&node, "zhangsan").await.token;
        assert!(identity.inspect(token.expose(), carrier, &from).await.is_err());
        assert!(identity.inspect(token.expose(), Carrier::Cookie, &origin()).await.is_err());
    }
    // Another address is a journey, not a theft, unless the site says otherwise.
    let moved = Origin { ip: Some("10.0.0.2".to_owned()), ..origin() };
    let token = browser(&node, "zhangsan").await.token;
    identity.inspect(token.expose(), Carrier::Cookie, &moved).await.unwrap();
    let bound = Node::start_with(Options { session_bind_address: true, ..options() }).await;
    bound.account("zhangsan", Role::Enterprise).await;
    let token = browser(&bound, "zhangsan").await.token;
    assert!(bound.trust.identity().inspect(token.expose(), Carrier::Cookie, &moved).await.is_err());
}

#[tokio::test]
async fn a_stolen_session_once_revoked_is_refused_at_the_next_request() {
    let node = Node::start().await;
    let id = node.account("zhangsan", Role::Enterprise).await;
    let identity = node.trust.identity();
    let (own, stolen, third) = (
        browser(&node, "zhangsan").await,
        browser(&node, "zhangsan").await,
        browser(&node, "zhangsan").await,
    );
    let alive = |one: &SignedIn| {
        let (identity, token) = (identity.clone(), one.token.clone());
        async move { identity.inspect(token.expose(), Carrier::Cookie, &origin()).await.is_ok() }
    };
    assert_eq!(identity.sessions(&own.party, Some(&own.session)).await.unwrap().len(), 3);
    let stranger = Party { account: "other".to_owned(), ..own.party.clone() };
    assert!(identity.end_own_session(&stranger, &stolen.session).await.is_err(), "not another's");
    identity.end_own_session(&own.party, &stolen.session).await.unwrap();
    assert!(!alive(&stolen).await && alive(&own).await && alive(&third).await);
    assert_eq!(identity.end_own_sessions(&own.party, Some(&own.session)).await.unwrap(), 1);
    assert!(!alive(&third).await && alive(&own).await);
    assert_eq!(identity.end_sessions_of(&party(Role::SecurityAdministrator), &id).await.unwrap(), 1);
    assert!(!alive(&own).await);
}

#[tokio::test]
async fn the_oldest_session_ends_when_one_too_many_is_opened() {
    let node = Node::start_with(Options { sessions_max: 2, ..options() }).await;
    node.account("zhangsan", Role::Enterprise).await;
    let oldest = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    node.clock.advance(TimeDelta::seconds(1));
    let second = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    node.clock.advance(TimeDelta::seconds(1));
    let third = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    assert!(node.authenticate(oldest.token.expose()).await.is_err());
    node.authenticate(second.token.expose()).await.unwrap();
    node.authenticate(third.token.expose()).await.unwrap();
}

#[tokio::test]
async fn administrators_time_out_sooner() {
    let node = Node::start().await;
    node.account("root", Role::SystemAdministrator).await;
    node.account("zhangsan", Role::Enterprise).await;
    let root = node.sign_in("root", PASSWORD).await.unwrap().token;
    let other = node.sign_in("zhangsan", PASSWORD).await.unwrap().token;
    node.clock.advance(TimeDelta::minutes(15));
    assert!(node.authenticate(root.expose()).await.is_err());
    node.authenticate(other.expose()).await.unwrap();
}

#[tokio::test]
async fn each_lock_in_a_row_lasts_twice_as_long_up_to_a_day() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Enterprise).await;
    for minutes in [15, 30, 60, 120, 240, 480, 960, 1_440, 1_440] {
        for _ in 0..5 {
            node.sign_in("zhangsan", "wrong").await.unwrap_err();
        }
        node.clock.advance(TimeDelta::minutes(minutes) - TimeDelta::seconds(1));
        assert!(node.sign_in("zhangsan", PASSWORD).await.is_err(), "{minutes}");
        node.clock.advance(TimeDelta::seconds(1));
    }
    node.sign_in("zhangsan", PASSWORD).await.unwrap();
    for _ in 0..5 {
        node.sign_in("zhangsan", "wrong").await.unwrap_err();
    }
    node.clock.advance(TimeDelta::minutes(15));
    node.sign_in("zhangsan", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn none_of_the_last_five_passwords_comes_back() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Enterprise).await;
    let identity = node.trust.identity();
    let one = node.sign_in("zhangsan", PASSWORD).await.unwrap().party;
    let mut present = Secret::new(PASSWORD);
    for next in
        ["velvet-otter-71", "copper-lantern-62", "silent-harbour-53", "amber-falcon-44", "misty-orchard-35"]
    {
        let refused = identity.change_password(&one, &present, &Secret::new(PASSWORD), None).await;
        assert_eq!(refused.unwrap_err().code(), "trust/weak-password", "before {next}");
        identity.change_password(&one, &present, &Secret::new(next), None).await.unwrap();
        present = Secret::new(next);
        node.clock.advance(TimeDelta::seconds(1));
    }
    let fifth = identity.change_password(&one, &present, &Secret::new(PASSWORD), None).await;
    assert_eq!(fifth.unwrap_err().code(), "trust/weak-password", "the fifth before is still remembered");
    identity.change_password(&one, &present, &Secret::new("crimson-meadow-26"), None).await.unwrap();
    node.clock.advance(TimeDelta::seconds(1));
    identity
        .change_password(&one, &Secret::new("crimson-meadow-26"), &Secret::new(PASSWORD), None)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_administrators_password_ages_and_others_do_not() {
    let node = Node::start().await;
    node.account("root", Role::SystemAdministrator).await;
    node.account("zhangsan", Role::Enterprise).await;
    node.clock.advance(TimeDelta::days(90));
    assert!(node.sign_in("root", PASSWORD).await.unwrap().must_change_password);
    assert!(!node.sign_in("zhangsan", PASSWORD).await.unwrap().must_change_password);
}

#[tokio::test]
async fn unused_accounts_are_closed_and_the_last_administrator_stays() {
    let node = Node::start().await;
    for role in [Role::SystemAdministrator, Role::SecurityAdministrator, Role::Government, Role::Enterprise] {
        node.account(role.name(), role).await;
    }
    node.clock.advance(TimeDelta::days(60));
    let used = node.sign_in("enterprise", PASSWORD).await.unwrap();
    node.clock.advance(TimeDelta::days(31));
    let identity = node.trust.identity();
    assert_eq!(identity.close_stale_accounts().await.unwrap(), 1, "government");
    assert_eq!(identity.close_stale_accounts().await.unwrap(), 0);
    assert!(node.sign_in("government", PASSWORD).await.is_err());
    node.sign_in("enterprise", PASSWORD).await.unwrap();
    node.sign_in("system_administrator", PASSWORD).await.unwrap();
    assert_eq!(node.kinds().await.iter().filter(|kind| *kind == "account.stale").count(), 1);
    drop(used);
}

#[tokio::test]
async fn roles_change_among_those_who_work_and_never_to_or_from_an_administrator() {
    let node = Node::start().await;
    let (identity, security) = (node.trust.identity(), party(Role::SecurityAdministrator));
    let id = node.account("zhangsan", Role::Government).await;
    let root = node.account("root", Role::SystemAdministrator).await;
    let session = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    for administrator in Role::ADMINISTRATORS {
        assert_eq!(
            identity.set_role(&security, &id, administrator).await.unwrap_err().code(),
            "trust/invalid-argument"
        );
        assert_eq!(
            identity.set_role(&security, &root, administrator).await.unwrap_err().code(),
            "trust/invalid-argument"
        );
    }
    assert_eq!(
        identity.set_role(&security, &root, Role::Government).await.unwrap_err().code(),
        "trust/invalid-argument"
    );
    assert_eq!(
        identity.set_role(&security, &id, Role::Enterprise).await.unwrap_err().code(),
        "trust/invalid-argument"
    );
    assert_eq!(
        identity.set_role(&security, &security.account, Role::Government).await.unwrap_err().code(),
        "trust/own-account"
    );
    identity.set_role(&security, &id, Role::IndustryBody).await.unwrap();
    assert!(node.authenticate(session.token.expose()).await.is_err(), "its sessions had the old role");
    assert_eq!(node.sign_in("zhangsan", PASSWORD).await.unwrap().party.role, Role::IndustryBody);
}

#[tokio::test]
async fn a_service_account_has_keys_and_no_password() {
    let node = Node::start().await;
    let (identity, system) = (node.trust.identity(), party(Role::SystemAdministrator));
    let new = NewAccount {
        kind: AccountKind::Service,
        username: "nightly".to_owned(),
        display_name: "夜间任务".to_owned(),
        role: Role::IndustryBody,
        organisation: None,
        region: None,
        password: Secret::new(""),
        must_change_password: false,
    };
    let service = identity.create_account(&system, new.clone()).await.unwrap();
    for password in ["", PASSWORD] {
        assert_eq!(node.sign_in("nightly", password).await.unwrap_err().code(), "trust/sign-in-refused");
    }
    assert!(identity.reset_password(&system, &service.id).await.is_err());
    let until = node.store.now() + TimeDelta::days(30);
    let key =
        identity.create_service_key(&system, &service.id, "夜", vec![Scope::Ingest], until).await.unwrap();
    assert_eq!(node.authenticate(key.secret.expose()).await.unwrap().account, service.id);
    let person = node.account("zhangsan", Role::Government).await;
    let other = identity.create_service_key(&system, &person, "x", vec![Scope::Read], until).await;
    assert_eq!(other.unwrap_err().code(), "trust/not-found", "nobody makes keys in a person's name");
    let root = NewAccount { role: Role::Auditor, username: "robot".to_owned(), ..new };
    assert_eq!(identity.create_account(&system, root).await.unwrap_err().code(), "trust/invalid-argument");
}

#[tokio::test]
async fn a_rotated_key_hands_over_and_the_old_one_ends_after_its_grace() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Government).await;
    let identity = node.trust.identity();
    let owner = node.sign_in("zhangsan", PASSWORD).await.unwrap().party;
    let until = node.store.now() + TimeDelta::days(30);
    let scopes = vec![Scope::RunOf("chain.risk".to_owned())];
    let old = identity.create_api_key(&owner, "夜", scopes.clone(), until).await.unwrap();
    assert!(identity.rotate_api_key(&owner, &old.id, 1_000).await.is_err());
    assert!(identity.rotate_api_key(&party(Role::SecurityAdministrator), &old.id, 0).await.is_err());
    let new = identity.rotate_api_key(&owner, &old.id, 2).await.unwrap();
    let seen = node.inspect(new.secret.expose()).await.unwrap().credential;
    assert_eq!(seen, Credential::ApiKey { id: new.id, scopes });
    node.authenticate(old.secret.expose()).await.unwrap();
    node.clock.advance(TimeDelta::hours(2));
    assert!(node.authenticate(old.secret.expose()).await.is_err());
    node.authenticate(new.secret.expose()).await.unwrap();
}

#[tokio::test]
async fn organisations_and_nodes_are_recorded_and_a_revoked_node_stays_revoked() {
    let node = Node::start().await;
    let (identity, system) = (node.trust.identity(), party(Role::SystemAdministrator));
    node.account("zhangsan", Role::Enterprise).await;
    let uscc = brain_kernel::uscc::Uscc::parse(crate::node::OWN).unwrap();
    identity.put_organisation(&system, &uscc, "测试企业", None).await.unwrap();
    identity.put_organisation(&system, &uscc, "测试企业有限公司", None).await.unwrap();
    let page = brain_store::PageRequest::default();
    let listed = identity.organisations(&party(Role::Auditor), page).await.unwrap().items;
    assert_eq!((listed.len(), listed[0].name.as_str(), listed[0].members), (1, "测试企业有限公司", 1));

    // RFC 8032 section 7.1, test 1.
    let public_key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a".to_owned();
    let new = NewNode {
        name: "center-1".to_owned(),
        node_role: "center".to_owned(),
        public_key,
        sm2_public_key: None,
        base_url: None,
        organisation: Some(uscc),
    };
    for bad in [
        NewNode { public_key: "00".repeat(32), ..new.clone() },
        NewNode { public_key: "zz".to_owned(), ..new.clone() },
        NewNode { node_role: "moon".to_owned(), ..new.clone() },
        NewNode { sm2_public_key: Some("04".repeat(65)), ..new.clone() },
        NewNode { base_url: Some("http://center.example".to_owned()), ..new.clone() },
    ] {
        assert_eq!(identity.register_node(&system, bad).await.unwrap_err().code(), "trust/invalid-argument");
    }
    let made = identity.register_node(&system, new.clone()).await.unwrap();
    assert_eq!(made.state, NodeState::Waiting);
    let twice = NewNode { name: "center-2".to_owned(), ..new };
    assert_eq!(identity.register_node(&system, twice).await.unwrap_err().code(), "store/already-exists");
    assert_eq!(
        identity.set_node_state(&system, &made.id, NodeState::Active).await.unwrap_err().code(),
        "trust/wrong-role"
    );
    let security = party(Role::SecurityAdministrator);
    identity.set_node_state(&security, &made.id, NodeState::Active).await.unwrap();
    identity.set_node_state(&security, &made.id, NodeState::Revoked).await.unwrap();
    assert!(identity.set_node_state(&security, &made.id, NodeState::Active).await.is_err());
    assert_eq!(identity.nodes(&security, page).await.unwrap().items[0].state, NodeState::Revoked);
}
