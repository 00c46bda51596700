//! Accounts, sessions, keys, organisations, grants.

use brain_store::account::{self, Account};
use brain_store::api_key::{self, ApiKey};
use brain_store::grant::{self, GrantFilter, GrantRow};
use brain_store::organisation::{self, Organisation};
use brain_store::session::{self, Session};
use brain_store::{PageRequest, Store};
use chrono::TimeDelta;
use serde_json::json;

use crate::database::{TestDatabase, on_both_engines};

on_both_engines!(
    an_account_reads_back_as_stored_and_its_name_is_unique,
    a_lock_is_kept_and_forgotten_after_a_good_sign_in,
    sessions_end_by_age_by_idleness_and_with_their_account,
    a_key_is_found_by_its_hash_and_revoked_once,
    organisations_are_updated_in_place_and_read_in_one_go,
    grants_are_listed_by_subject_and_leave_the_active_set_when_revoked,
    pages_cover_the_whole_list_exactly_once,
);

pub(crate) fn an_account(store: &Store, username: &str) -> Account {
    Account {
        id: store.new_id(),
        username: username.to_owned(),
        kind: "person".to_owned(),
        display_name: "张三".to_owned(),
        role: "government".to_owned(),
        organisation: None,
        region: Some("330100".to_owned()),
        password_hash: "$argon2id$…".to_owned(),
        must_change_password: true,
        disabled: false,
        failed_sign_ins: 0,
        lockouts: 0,
        locked_until: None,
        password_changed_at: store.now(),
        created_at: store.now(),
        last_sign_in_at: None,
    }
}

async fn an_account_reads_back_as_stored_and_its_name_is_unique(database: &TestDatabase) {
    let store = database.open().await;
    let made = account::insert(store.db(), an_account(&store, "zhangsan")).await.unwrap();
    assert_eq!(account::find(store.db(), &made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(account::find_by_username(store.db(), "zhangsan").await.unwrap(), Some(made.clone()));
    let error = account::insert(store.db(), an_account(&store, "zhangsan")).await.unwrap_err();
    assert_eq!(error.code(), "store/already-exists");
    assert_eq!(
        account::set_disabled(store.db(), "nobody", true).await.unwrap_err().code(),
        "store/not-found"
    );
    assert!(!serde_json::to_string(&made).unwrap().contains("argon2id"));
    store.close().await.unwrap();
}

async fn a_lock_is_kept_and_forgotten_after_a_good_sign_in(database: &TestDatabase) {
    let store = database.open().await;
    let id = account::insert(store.db(), an_account(&store, "zhangsan")).await.unwrap().id;
    let until = store.now() + TimeDelta::minutes(15);
    account::record_failure(store.db(), &id, 5, 1, Some(until)).await.unwrap();
    let locked = account::find(store.db(), &id).await.unwrap().unwrap();
    assert_eq!((locked.failed_sign_ins, locked.locked_until), (5, Some(until)));
    account::record_sign_in(store.db(), &id, store.now()).await.unwrap();
    let open = account::find(store.db(), &id).await.unwrap().unwrap();
    assert_eq!((open.failed_sign_ins, open.locked_until, open.last_sign_in_at), (0, None, Some(store.now())));
    store.close().await.unwrap();
}

async fn sessions_end_by_age_by_idleness_and_with_their_account(database: &TestDatabase) {
    let store = database.open().await;
    let account = account::insert(store.db(), an_account(&store, "zhangsan")).await.unwrap();
    let now = store.now();
    let a_session = |hash: &str, seen_minutes_ago: i64, left_minutes: i64| Session {
        token_hash: hash.to_owned(),
        id: format!("id-{hash}"),
        account_id: account.id.clone(),
        created_at: now,
        last_seen_at: now - TimeDelta::minutes(seen_minutes_ago),
        expires_at: now + TimeDelta::minutes(left_minutes),
        ip: None,
        user_agent: None,
        user_agent_hash: None,
        carrier: "cookie".to_owned(),
        rotated_at: None,
        first_factor: "password".to_owned(),
        second_factor: None,
        second_factor_at: None,
    };
    for (hash, seen, left) in [("good", 1, 60), ("idle", 31, 60), ("old", 1, 0), ("other", 1, 60)] {
        session::insert(store.db(), a_session(hash, seen, left)).await.unwrap();
    }
    assert_eq!(session::delete_expired(store.db(), now, now - TimeDelta::minutes(30)).await.unwrap(), 2);
    let (found, owner) = session::find_with_account(store.db(), "good").await.unwrap().unwrap();
    assert_eq!((&found, &owner), (&a_session("good", 1, 60), &account));
    assert!(session::find_with_account(store.db(), "idle").await.unwrap().is_none());
    assert!(session::rotate(store.db(), &found, "better", now).await.unwrap());
    assert!(!session::rotate(store.db(), &found, "best", now).await.unwrap(), "one of two gets it");
    assert_eq!(session::former_token(store.db(), "good").await.unwrap().unwrap().session_id, "id-good");
    assert!(session::find_with_account(store.db(), "good").await.unwrap().is_none());
    assert!(session::find_with_account(store.db(), "better").await.unwrap().is_some());
    assert!(session::delete(store.db(), "id-good").await.unwrap());
    assert!(!session::delete(store.db(), "id-good").await.unwrap());
    assert!(session::former_token(store.db(), "good").await.unwrap().is_none());
    assert_eq!(session::delete_of_account(store.db(), &account.id, Some("id-other")).await.unwrap(), 0);
    assert_eq!(session::delete_of_account(store.db(), &account.id, None).await.unwrap(), 1);
    store.close().await.unwrap();
}

async fn a_key_is_found_by_its_hash_and_revoked_once(database: &TestDatabase) {
    let store = database.open().await;
    let account = account::insert(store.db(), an_account(&store, "zhangsan")).await.unwrap();
    let key = ApiKey {
        id: store.new_id(),
        account_id: account.id.clone(),
        name: "夜间导入".to_owned(),
        scopes: "read".to_owned(),
        secret_hash: "h".to_owned(),
        created_at: store.now(),
        expires_at: store.now() + TimeDelta::days(30),
        last_used_at: None,
        revoked_at: None,
    };
    api_key::insert(store.db(), key.clone()).await.unwrap();
    assert_eq!(
        api_key::find_with_account(store.db(), "h").await.unwrap(),
        Some((key.clone(), account.clone()))
    );
    assert_eq!(api_key::list(store.db(), Some("other"), PageRequest::default()).await.unwrap().total, 0);
    assert_eq!(
        api_key::list(store.db(), Some(&account.id), PageRequest::default()).await.unwrap().items,
        std::slice::from_ref(&key)
    );
    api_key::revoke(store.db(), &key.id, store.now()).await.unwrap();
    assert_eq!(
        api_key::revoke(store.db(), &key.id, store.now()).await.unwrap_err().code(),
        "store/not-found"
    );
    store.close().await.unwrap();
}

async fn organisations_are_updated_in_place_and_read_in_one_go(database: &TestDatabase) {
    let store = database.open().await;
    let firm = |name: &str| Organisation {
        uscc: "91330100799655058B".to_owned(),
        name: name.to_owned(),
        region: Some("330100".to_owned()),
        created_at: store.now(),
    };
    organisation::upsert(store.db(), firm("旧名")).await.unwrap();
    organisation::upsert(store.db(), firm("新名")).await.unwrap();
    let codes = ["91330100799655058B".to_owned(), "none".to_owned()];
    let found = organisation::find_many(store.db(), &codes).await.unwrap();
    assert_eq!(found, [firm("新名")]);
    store.close().await.unwrap();
}

async fn grants_are_listed_by_subject_and_leave_the_active_set_when_revoked(database: &TestDatabase) {
    let store = database.open().await;
    let row = |kind: &str, subject: &str| GrantRow {
        id: store.new_id(),
        subject_kind: kind.to_owned(),
        subject: subject.to_owned(),
        dataset_pattern: "subject.*".to_owned(),
        reach: "all".to_owned(),
        grade_max: None,
        mask_from: Some("general3".to_owned()),
        rows: json!({ "all": [] }),
        masks: json!({ "phone": "redact" }),
        purpose: "*".to_owned(),
        valid_until: Some(store.now()),
        basis_zh: "协议".to_owned(),
        basis_en: "agreement".to_owned(),
        issued_by: "system".to_owned(),
        issued_at: store.now(),
        revoked_at: None,
        revoked_by: None,
        columns: Some(json!(["amount"])),
        actions: None,
        agreement: Some("2026-7".to_owned()),
        request_id: None,
    };
    let (role, own, other) = (row("role", "government"), row("account", "a1"), row("account", "a2"));
    grant::insert_many(store.db(), vec![role.clone(), own.clone(), other.clone()]).await.unwrap();
    grant::insert_many(store.db(), Vec::new()).await.unwrap();
    assert_eq!(grant::find(store.db(), &own.id).await.unwrap(), Some(own.clone()));
    let subjects =
        vec![("role".to_owned(), "government".to_owned()), ("account".to_owned(), "a1".to_owned())];
    let filter = GrantFilter { revoked: false, subjects };
    let listed = grant::list(store.db(), &filter, PageRequest::default()).await.unwrap();
    assert_eq!(listed.items.iter().map(|row| &row.id).collect::<Vec<_>>(), [&own.id, &role.id]);
    grant::revoke(store.db(), &own.id, store.now(), "admin").await.unwrap();
    assert_eq!(
        grant::revoke(store.db(), &own.id, store.now(), "admin").await.unwrap_err().code(),
        "store/not-found"
    );
    assert_eq!(grant::active(store.db()).await.unwrap(), [role, other]);
    let all = GrantFilter { revoked: true, subjects: Vec::new() };
    assert_eq!(grant::list(store.db(), &all, PageRequest::default()).await.unwrap().total, 3);
    store.close().await.unwrap();
}

async fn pages_cover_the_whole_list_exactly_once(database: &TestDatabase) {
    let store = database.open().await;
    for number in 0..7 {
        account::insert(store.db(), an_account(&store, &format!("user{number}"))).await.unwrap();
    }
    let mut names = Vec::new();
    for page in 1..=3 {
        let page = account::list(store.db(), PageRequest::new(page, 3)).await.unwrap();
        assert_eq!((page.total, page.page_size), (7, 3));
        names.extend(page.items.into_iter().map(|account| account.username));
    }
    assert_eq!(names, (0..7).map(|number| format!("user{number}")).collect::<Vec<_>>());
    let beyond = account::list(store.db(), PageRequest::new(u64::MAX, 3)).await.unwrap();
    assert!(beyond.items.is_empty());
    let tamed = account::list(store.db(), PageRequest { page: 0, page_size: 0 }).await.unwrap();
    assert_eq!((tamed.page, tamed.items.len()), (1, 1));
    store.close().await.unwrap();
}
