//! What a book takes in, and what it says.

use brain_kernel::grade::Grade;
use brain_kernel::language::Text;
use brain_kernel::party::Role;
use proptest::prelude::*;

use super::*;

fn rule(id: &str, text: &str) -> Rule {
    Rule {
        id: id.to_owned(),
        version: 1,
        title: Text::new("测试", "test"),
        text: text.to_owned(),
        level: Grade::Core,
    }
}

fn subject(role: Role) -> Subject<'static> {
    Subject {
        role,
        organisation: "91330100799655058B",
        side: "enterprise",
        region: "330100",
        industry: "C36",
        clearance: Grade::Core,
    }
}

fn resource(grade: Grade) -> Resource<'static> {
    Resource {
        kind: Kind::Dataset,
        name: "raw.sale",
        zone: "raw",
        side: "enterprise",
        grade,
        owner: "node",
        restricted: true,
    }
}

fn situation(action: Action) -> Situation<'static> {
    Situation {
        action,
        purpose: "analysis",
        granted: true,
        agreement: false,
        channel: Grade::Core,
        at: "2026-11-20T16:30:00Z".parse().unwrap(),
    }
}

#[test]
fn the_built_in_policies_let_the_granted_read_and_keep_what_matters_inside() {
    let book = Book::new(built_in()).unwrap();
    let decide = |role, action, grade, granted, agreement| {
        let situation = Situation { granted, agreement, ..situation(action) };
        book.decide(&subject(role), &resource(grade), &situation)
    };
    let firm = Role::Enterprise;
    assert!(decide(firm, Action::Read, Grade::Important, true, false).allow);
    assert!(!decide(firm, Action::Read, Grade::General1, false, true).allow, "no grant, no reading");
    assert!(decide(firm, Action::Export, Grade::General4, true, false).allow);
    let kept = decide(firm, Action::Export, Grade::Important, true, false);
    assert_eq!((kept.allow, kept.policies.as_slice()), (false, &["important-export-agreed".to_owned()][..]));
    assert!(decide(firm, Action::Export, Grade::Important, true, true).allow);
    assert!(!decide(firm, Action::Move, Grade::Core, true, true).allow);
    assert!(!decide(firm, Action::Publish, Grade::General1, true, false).allow);
    assert!(!decide(Role::ComponentAuthor, Action::Export, Grade::General1, true, true).allow);
}

#[test]
fn a_policy_that_cannot_be_evaluated_denies() {
    // Arithmetic that overflows passes the validator and fails at run time; were it left out, the permit would stand.
    let overflow = "forbid(principal, action, resource) when { 9223372036854775807 + resource.grade > 0 };";
    let book =
        Book::new(vec![rule("open", "permit(principal, action, resource);"), rule("broken", overflow)]);
    let verdict = book.unwrap().decide(
        &subject(Role::Enterprise),
        &resource(Grade::General1),
        &situation(Action::Read),
    );
    assert_eq!((verdict.allow, verdict.failed), (false, true));
}

#[test]
fn a_policy_about_one_account_or_dataset_is_refused() {
    for text in [
        "permit(principal == Account::\"a\", action, resource);",
        "permit(principal in Account::\"a\", action, resource);",
        "permit(principal, action, resource == Resource::\"raw.sale\");",
        "permit(principal, action, resource) when { principal == Account::\"a\" };",
    ] {
        let refused = Book::new(vec![rule("p", text)]).unwrap_err();
        assert!(matches!(refused, RuleError::Individual { .. }), "{text}: {refused}");
    }
    assert!(
        Book::new(vec![rule("p", "permit(principal in Role::\"enterprise\", action, resource);")]).is_ok()
    );
}

#[test]
fn what_is_no_policy_over_the_schema_is_refused() {
    let schema = |text: &str| {
        let refused = Book::new(vec![rule("p", text)]).unwrap_err();
        assert!(matches!(refused, RuleError::Schema { .. }), "{text}: {refused}");
    };
    schema("permit(principal, action, resource) when { resource.colour == \"red\" };");
    schema("permit(principal, action, resource) when { resource.grade == \"high\" };");
    schema("permit(principal, action == Action::\"delete\", resource);");
    schema("permit(principal, action, resource) when { false };");
    let syntax = |text: &str| {
        assert!(matches!(Book::new(vec![rule("p", text)]).unwrap_err(), RuleError::Syntax { .. }), "{text}");
    };
    syntax("allow everything");
    syntax("permit(principal, action, resource); permit(principal, action, resource);");
    syntax("permit(principal == ?principal, action, resource);");
    assert!(matches!(Book::new(vec![rule("P 1", "")]).unwrap_err(), RuleError::Id(_)));
    let long = format!("// {}\npermit(principal, action, resource);", "x".repeat(POLICY_CHARACTERS_MAX));
    assert!(matches!(Book::new(vec![rule("p", &long)]).unwrap_err(), RuleError::TooLong { .. }));
    let many = (0..=POLICIES_MAX).map(|n| rule(&format!("p{n}"), "permit(principal, action, resource);"));
    assert_eq!(Book::new(many.collect()).unwrap_err(), RuleError::TooMany);
}

#[test]
fn the_hour_is_that_of_beijing_and_is_not_remembered_for_another_hour() {
    let night = "forbid(principal, action == Action::\"export\", resource) when { context.hour < 7 };";
    let book =
        Book::new(vec![rule("open", "permit(principal, action, resource);"), rule("night", night)]).unwrap();
    let at = |time: &str| {
        let situation = Situation { at: time.parse().unwrap(), ..situation(Action::Export) };
        book.decide(&subject(Role::Government), &resource(Grade::General1), &situation).allow
    };
    assert!(!at("2026-11-20T16:30:00Z"), "half past midnight");
    assert!(at("2026-11-20T23:00:00Z"), "seven in the morning");
    assert!(!at("2026-11-20T22:59:59Z"));
}

#[test]
fn a_policy_is_not_asked_above_its_level() {
    let low = Rule { level: Grade::General2, ..rule("low", "permit(principal, action, resource);") };
    let book = Book::new(vec![low]).unwrap();
    let allow =
        |grade| book.decide(&subject(Role::Enterprise), &resource(grade), &situation(Action::Read)).allow;
    assert!(allow(Grade::General2) && !allow(Grade::General3));
}

fn any_of<T: Copy + std::fmt::Debug>(all: &'static [T]) -> impl Strategy<Value = T> {
    (0..all.len()).prop_map(move |at| all[at])
}

const TEXTS: [&str; 5] = ["", "public", "enterprise", "node", "91330100799655058B"];

prop_compose! {
    fn requests()(
        role in any_of(&Role::ALL), action in any_of(&Action::ALL), clearance in any_of(&Grade::ALL),
        grade in any_of(&Grade::ALL), channel in any_of(&Grade::ALL), words in prop::array::uniform8(any_of(&TEXTS)),
        granted: bool, agreement: bool, restricted: bool, seconds in 0_i64..4_000_000_000,
    ) -> (Subject<'static>, Resource<'static>, Situation<'static>) {
        let [organisation, side, region, industry, zone, of_side, owner, purpose] = words;
        (
            Subject { role, organisation, side, region, industry, clearance },
            Resource { kind: Kind::Dataset, name: "raw.sale", zone, side: of_side, grade, owner, restricted },
            Situation {
                action, purpose, granted, agreement, channel,
                at: chrono::DateTime::from_timestamp(seconds, 0).unwrap(),
            },
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn without_a_policy_everything_is_denied((subject, resource, situation) in requests()) {
        let empty = Book::new(Vec::new()).unwrap();
        let verdict = empty.decide(&subject, &resource, &situation);
        prop_assert!(!verdict.allow && !verdict.failed && verdict.policies.is_empty());
        let book = Book::new(built_in()).unwrap();
        let ungranted = Situation { granted: false, ..situation };
        prop_assert!(!book.decide(&subject, &resource, &ungranted).allow);
    }

    #[test]
    fn what_is_remembered_is_what_is_computed(asked in prop::collection::vec(requests(), 1..20)) {
        let night = "forbid(principal, action, resource) when { context.hour < 7 && context.weekday > 5 };";
        let rules = built_in().into_iter().chain([rule("night", night)]).collect();
        let book = Book::new(rules).unwrap();
        for (subject, resource, situation) in asked.iter().chain(&asked) {
            let computed = book.evaluate(subject, resource, situation);
            prop_assert_eq!(&*book.decide(subject, resource, situation), &computed);
        }
    }

    #[test]
    fn any_text_is_taken_or_refused_without_falling_over(text in "[ -~\\n]{0,200}") {
        let _ = Book::new(vec![rule("p", &text)]);
    }
}

#[test]
fn a_policy_nested_without_end_is_refused_before_it_is_parsed() {
    // Found by the seed `policy/deep.cedar`: forty brackets overflowed the stack of a thread.
    let deep =
        format!("permit(principal, action, resource) when {{ {}true{} }};", "(".repeat(40), ")".repeat(40));
    let refused = Book::new(vec![rule("deep", &deep)]).unwrap_err();
    assert!(matches!(&refused, RuleError::Syntax { reason, .. } if reason.contains("nested")), "{refused}");
    let chain = format!(
        "permit(principal, action, resource) when {{ {}true }};",
        "if context.granted then true else ".repeat(30)
    );
    assert!(Book::new(vec![rule("chain", &chain)]).is_err());
}
