//! Who may sign in, how long, and what is remembered.

use brain_kernel::party::Role;
use brain_store::PageRequest;
use brain_trust::{AccountKind, Credential, NewAccount, Scope, Secret};
use chrono::TimeDelta;

use crate::node::{Node, PASSWORD, party};

#[tokio::test]
async fn the_three_administrators_are_made_once_and_must_change_the_password_before_anything_else() {
    let node = Node::start().await;
    let first = node.trust.first_start().await.unwrap();
    assert_eq!(first.iter().map(|one| one.role).collect::<Vec<_>>(), Role::ADMINISTRATORS);
    assert!(node.trust.first_start().await.unwrap().is_empty());
    let identity = node.trust.identity();
    for one in &first {
        let signed_in = node.sign_in(&one.username, one.password.expose()).await.unwrap();
        assert!(signed_in.must_change_password);
        let token = signed_in.token.expose();
        assert_eq!(node.authenticate(token).await.unwrap_err().code(), "trust/password-change-required");
        assert!(node.inspect(token).await.unwrap().must_change_password);
        let new = Secret::new("a better one 2026");
        identity
            .change_password(&signed_in.party, &one.password, &new, Some(&signed_in.session))
            .await
            .unwrap();
        assert_eq!(node.authenticate(token).await.unwrap().role, one.role);
        assert_eq!(
            node.sign_in(&one.username, one.password.expose()).await.unwrap_err().code(),
            "trust/sign-in-refused"
        );
    }
    let of_one = ["session.open", "account.password", "session.refused"];
    let expected = [["account.create"; 3], of_one, of_one, of_one].concat();
    assert_eq!(node.kinds().await, expected);
}

#[tokio::test]
async fn a_node_of_the_first_version_gets_the_two_administrators_it_lacks_under_free_names() {
    let node = Node::start().await;
    node.account("admin", Role::SystemAdministrator).await;
    node.account("security", Role::Government).await;
    let made = node.trust.first_start().await.unwrap();
    let made: Vec<_> = made.iter().map(|one| (one.role, one.username.as_str())).collect();
    assert_eq!(made, [(Role::SecurityAdministrator, "security2"), (Role::Auditor, "auditor")]);
    assert!(node.trust.first_start().await.unwrap().is_empty());
}

#[tokio::test]
async fn wrong_name_wrong_password_and_closed_account_are_refused_alike() {
    let node = Node::start().await;
    let id = node.account("zhangsan", Role::Government).await;
    let wrong = node.sign_in("zhangsan", "not the password").await.unwrap_err();
    let unknown = node.sign_in("nobody", PASSWORD).await.unwrap_err();
    node.trust.identity().set_disabled(&party(Role::SystemAdministrator), &id, true).await.unwrap();
    let closed = node.sign_in("zhangsan", PASSWORD).await.unwrap_err();
    let shown = |error: brain_trust::Error| brain_kernel::error::Failure::from(error);
    let (wrong, unknown, closed) = (shown(wrong), shown(unknown), shown(closed));
    assert_eq!((&wrong, &unknown), (&unknown, &closed));
    assert_eq!(wrong.code, "trust/sign-in-refused");
}

#[tokio::test]
async fn five_failures_lock_the_account_for_fifteen_minutes_even_over_a_restart() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Government).await;
    for _ in 0..5 {
        node.sign_in("ZhangSan", "not the password").await.unwrap_err();
    }
    let node = node.restart().await;
    assert!(node.sign_in("zhangsan", PASSWORD).await.is_err());
    node.clock.advance(TimeDelta::minutes(14));
    assert!(node.sign_in("zhangsan", PASSWORD).await.is_err());
    node.clock.advance(TimeDelta::minutes(1));
    node.sign_in(" zhangsan ", PASSWORD).await.unwrap();
    let kinds = node.kinds().await;
    assert_eq!(kinds.iter().filter(|kind| *kind == "account.lock").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| *kind == "session.refused").count(), 7);
}

#[tokio::test]
async fn a_good_sign_in_starts_the_count_of_failures_anew() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Government).await;
    for _ in 0..3 {
        for _ in 0..4 {
            node.sign_in("zhangsan", "not the password").await.unwrap_err();
        }
        node.sign_in("zhangsan", PASSWORD).await.unwrap();
    }
}

#[tokio::test]
async fn guesses_made_at_the_same_time_are_all_counted() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Government).await;
    let guess = || node.sign_in("zhangsan", "not the password");
    let answers: [_; 5] = tokio::join!(guess(), guess(), guess(), guess(), guess()).into();
    assert!(answers.iter().all(Result::is_err));
    assert!(node.sign_in("zhangsan", PASSWORD).await.is_err());
}

#[tokio::test]
async fn a_session_ends_when_idle_when_old_and_when_signed_out() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Government).await;
    let identity = node.trust.identity();
    let idle = node.sign_in("zhangsan", PASSWORD).await.unwrap().token;
    let busy = node.sign_in("zhangsan", PASSWORD).await.unwrap().token;
    let left = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    identity.sign_out(&left.party, &left.session).await.unwrap();
    let (left, gone) = (left.token, (left.party, left.session));
    assert_eq!(node.authenticate(left.expose()).await.unwrap_err().code(), "trust/session-ended");
    identity.sign_out(&gone.0, &gone.1).await.unwrap();
    for _ in 0..28 {
        node.clock.advance(TimeDelta::minutes(25));
        node.authenticate(busy.expose()).await.unwrap();
    }
    assert!(node.authenticate(idle.expose()).await.is_err());
    node.clock.advance(TimeDelta::minutes(25));
    assert!(node.authenticate(busy.expose()).await.is_err(), "12 hours are over");
    for nonsense in ["", "brs_", "brs_0000", &"x".repeat(10_000)] {
        assert_eq!(node.authenticate(nonsense).await.unwrap_err().code(), "trust/session-ended");
    }
}

#[tokio::test]
async fn closing_an_account_ends_its_sessions_and_keys_at_once() {
    let node = Node::start().await;
    let id = node.account("zhangsan", Role::Government).await;
    let identity = node.trust.identity();
    let session = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let expires = node.store.now() + TimeDelta::days(30);
    let key = identity.create_api_key(&session.party, "夜间导入", Scope::every(), expires).await.unwrap();
    node.authenticate(key.secret.expose()).await.unwrap();
    identity.set_disabled(&party(Role::SystemAdministrator), &id, true).await.unwrap();
    assert!(node.authenticate(session.token.expose()).await.is_err());
    assert!(node.authenticate(key.secret.expose()).await.is_err());
    identity.set_disabled(&party(Role::SystemAdministrator), &id, false).await.unwrap();
    node.authenticate(key.secret.expose()).await.unwrap();
}

#[tokio::test]
async fn a_key_acts_for_its_owner_until_it_expires_or_is_revoked() {
    let node = Node::start().await;
    let id = node.account("zhangsan", Role::Enterprise).await;
    let identity = node.trust.identity();
    let owner = node.sign_in("zhangsan", PASSWORD).await.unwrap().party;
    let until = |days| node.store.now() + TimeDelta::days(days);
    let short = identity.create_api_key(&owner, "短", vec![Scope::Read], until(1)).await.unwrap();
    let long = identity.create_api_key(&owner, "长", vec![Scope::Read], until(300)).await.unwrap();
    for bad in [until(0), until(400)] {
        assert_eq!(
            identity.create_api_key(&owner, "坏", vec![Scope::Read], bad).await.unwrap_err().code(),
            "trust/invalid-argument"
        );
    }
    let seen = node.inspect(short.secret.expose()).await.unwrap();
    assert_eq!(
        (seen.party, seen.credential),
        (owner.clone(), Credential::ApiKey { id: short.id.clone(), scopes: vec![Scope::Read] })
    );
    node.clock.advance(TimeDelta::days(1));
    assert!(node.authenticate(short.secret.expose()).await.is_err());
    let stranger = party(Role::Government);
    assert_eq!(identity.revoke_api_key(&stranger, &long.id).await.unwrap_err().code(), "trust/not-found");
    assert_eq!(identity.api_keys(&stranger, PageRequest::default()).await.unwrap().total, 0);
    assert_eq!(identity.api_keys(&owner, PageRequest::default()).await.unwrap().total, 2);
    identity.revoke_api_key(&owner, &long.id).await.unwrap();
    assert!(node.authenticate(long.secret.expose()).await.is_err());
    assert_eq!(owner.account, id);
}

#[tokio::test]
async fn changing_the_password_ends_every_other_session() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Government).await;
    let identity = node.trust.identity();
    let here = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let elsewhere = node.sign_in("zhangsan", PASSWORD).await.unwrap();
    let (old, new) = (Secret::new(PASSWORD), Secret::new("another long one 7"));
    let change = |old: Secret, new: Secret| {
        let (identity, party, session) = (identity.clone(), here.party.clone(), here.session.clone());
        async move { identity.change_password(&party, &old, &new, Some(&session)).await }
    };
    assert_eq!(change(new.clone(), old.clone()).await.unwrap_err().code(), "trust/wrong-password");
    assert_eq!(change(old.clone(), old.clone()).await.unwrap_err().code(), "trust/weak-password");
    assert_eq!(change(old.clone(), Secret::new("short")).await.unwrap_err().code(), "trust/weak-password");
    change(old, new).await.unwrap();
    node.authenticate(here.token.expose()).await.unwrap();
    assert!(node.authenticate(elsewhere.token.expose()).await.is_err());
}

#[tokio::test]
async fn the_last_of_each_kind_of_administrator_stays() {
    let node = Node::start().await;
    let identity = node.trust.identity();
    let actor = party(Role::SystemAdministrator);
    for role in Role::ADMINISTRATORS {
        let first = node.account(&format!("{}-1", role.name()), role).await;
        let refused = identity.set_disabled(&actor, &first, true).await.unwrap_err();
        assert_eq!(refused.code(), "trust/last-administrator", "{}", role.name());
        node.account(&format!("{}-2", role.name()), role).await;
        identity.set_disabled(&actor, &first, true).await.unwrap();
        let reopened = identity.set_disabled(&actor, &first, false).await.unwrap_err();
        assert_eq!(
            reopened.code(),
            "trust/approval-needed",
            "the system administrator does not open it again"
        );
        identity.approve_account(&party(Role::SecurityAdministrator), &first).await.unwrap();
    }
    let first = node.account("zhangsan", Role::Government).await;
    identity.set_disabled(&actor, &first, true).await.unwrap();
    let once = identity.reset_password(&actor, &first).await.unwrap();
    identity.set_disabled(&actor, &first, false).await.unwrap();
    assert!(node.sign_in("zhangsan", once.expose()).await.unwrap().must_change_password);
}

#[tokio::test]
async fn nobody_makes_himself_a_second_administrator() {
    let node = Node::start().await;
    let identity = node.trust.identity();
    for role in Role::ADMINISTRATORS {
        let new = NewAccount {
            kind: AccountKind::Person,
            username: format!("second-{}", role.name()),
            display_name: "二号".to_owned(),
            role,
            organisation: None,
            region: None,
            password: Secret::new(PASSWORD),
            must_change_password: false,
        };
        let made = identity.create_account(&party(Role::SystemAdministrator), new).await.unwrap();
        assert!(made.disabled, "it waits for the security administrator");
        assert!(node.sign_in(&made.username, PASSWORD).await.is_err());
        for other in [Role::SystemAdministrator, Role::Auditor, Role::Government] {
            let refused = identity.approve_account(&party(other), &made.id).await.unwrap_err();
            assert_eq!(refused.code(), "trust/wrong-role");
        }
        identity.approve_account(&party(Role::SecurityAdministrator), &made.id).await.unwrap();
        node.sign_in(&made.username, PASSWORD).await.unwrap();
    }
    let ordinary = node.account("zhangsan", Role::Government).await;
    let pointless =
        identity.approve_account(&party(Role::SecurityAdministrator), &ordinary).await.unwrap_err();
    assert_eq!(pointless.code(), "trust/not-found");
}

/// The acts of trust that change something for others, and the one role each belongs to.
#[tokio::test]
async fn every_act_belongs_to_one_administrator_and_the_others_are_refused() {
    let node = Node::start().await;
    let (identity, grants) = (node.trust.identity(), node.trust.grants());
    let id = node.account("zhangsan", Role::Government).await;
    for role in Role::ALL {
        let actor = party(role);
        let new = NewAccount {
            kind: AccountKind::Person,
            username: format!("by-{}", role.name()),
            display_name: "新人".to_owned(),
            role: Role::Government,
            organisation: None,
            region: None,
            password: Secret::new(PASSWORD),
            must_change_password: false,
        };
        let grant = crate::grants::new_grant(brain_trust::Subject::Role(Role::Government));
        let refused = |result: brain_trust::Result<()>| match result {
            Err(error) if error.code() == "trust/wrong-role" => true,
            Ok(()) => false,
            Err(error) => {
                assert!(["trust/not-found", "store/not-found"].contains(&error.code()), "{error}");
                false
            }
        };
        let acts = [
            (Role::SystemAdministrator, refused(identity.create_account(&actor, new).await.map(drop))),
            (Role::SystemAdministrator, refused(identity.set_disabled(&actor, &id, false).await)),
            (Role::SystemAdministrator, refused(identity.reset_password(&actor, &id).await.map(drop))),
            (Role::SecurityAdministrator, refused(identity.approve_account(&actor, &id).await)),
            (Role::SecurityAdministrator, refused(identity.unlock_account(&actor, &id).await)),
            (Role::SecurityAdministrator, refused(identity.set_role(&actor, &id, Role::IndustryBody).await)),
            (Role::SecurityAdministrator, refused(identity.reset_second_factor(&actor, &id).await)),
            (Role::SecurityAdministrator, refused(identity.end_sessions_of(&actor, &id).await.map(drop))),
            (Role::SecurityAdministrator, refused(grants.issue(&actor, grant).await.map(drop))),
            (Role::SecurityAdministrator, refused(grants.revoke(&actor, "none").await)),
        ];
        for (at, (owner, refused)) in acts.into_iter().enumerate() {
            assert_eq!(refused, role != owner, "act {at} by {}", role.name());
        }
        let listed = identity.accounts(&actor, PageRequest::default()).await;
        assert_eq!(listed.is_ok(), role.is_administrator());
    }
}

#[tokio::test]
async fn an_account_that_makes_no_sense_is_refused_with_the_reason() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Government).await;
    let new = NewAccount {
        kind: AccountKind::Person,
        username: "lisi".to_owned(),
        display_name: "李四".to_owned(),
        role: Role::Government,
        organisation: None,
        region: None,
        password: Secret::new(PASSWORD),
        must_change_password: false,
    };
    let cases = [
        (NewAccount { username: "ZhangSan".to_owned(), ..new.clone() }, "trust/username-taken"),
        (NewAccount { username: "a b".to_owned(), ..new.clone() }, "trust/invalid-argument"),
        (NewAccount { display_name: " ".to_owned(), ..new.clone() }, "trust/invalid-argument"),
        (NewAccount { role: Role::Enterprise, ..new.clone() }, "trust/invalid-argument"),
        (NewAccount { password: Secret::new("lisi-lisi-2026"), ..new }, "trust/weak-password"),
    ];
    for (bad, code) in cases {
        let error =
            node.trust.identity().create_account(&party(Role::SystemAdministrator), bad).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
}

#[tokio::test]
async fn neither_tokens_nor_passwords_are_stored() {
    let node = Node::start().await;
    node.account("zhangsan", Role::Government).await;
    let token = node.sign_in("zhangsan", PASSWORD).await.unwrap().token;
    node.sign_in(PASSWORD, "typed into the wrong field").await.unwrap_err();
    let folder = node.keys_dir().parent().unwrap().to_owned();
    node.store.close().await.unwrap();
    for entry in
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
    {
        let content = String::from_utf8_lossy(&std::fs::read(&entry).unwrap()).into_owned();
        assert!(!content.contains(PASSWORD) && !content.contains(token.expose()), "{}", entry.display());
    }
}
