//! Claims about candidates.

use super::*;
use proptest::prelude::*;

fn posting(firm: u32, confidence: f32) -> Posting {
    Posting { firm, confidence }
}

fn region(code: &str) -> Option<RegionCode> {
    RegionCode::parse(code).ok()
}

/// Hangzhou (330100) looks for a maker. Firm 0 makes it, in Guangdong: .5·1 + .1·.875 = .5875. Firm 1 makes a kind
/// (conf .5) and two neighbours (.5·1, .5·1) in Ningbo: .5·.45 + .2·.75 + .2·.5 + .1·.625 = .5375. Firm 2 is only
/// registered in the class, in Hangzhou: .5·.25 + .2·1 + .1·.375 = .3625. Firm 3 makes it there already.
#[test]
fn scores_are_those_found_by_hand_and_reasons_add_up() {
    let percentiles = size_percentiles(&[Some(9e8), Some(5e8), Some(1e7), Some(1e6), None]);
    assert_eq!(percentiles, [0.875, 0.625, 0.375, 0.125, 0.0]);
    let (same, kind) = ([posting(0, 1.0), posting(3, 1.0)], [posting(1, 0.5)]);
    let (near, class) = ([posting(1, 1.0)], [posting(2, 1.0), posting(0, 1.0)]);
    let evidence = [
        Evidence { statement: Statement::Capability(Capability::Same), about: "隔膜", postings: &same },
        Evidence {
            statement: Statement::Capability(Capability::Kind), about: "湿法隔膜", postings: &kind
        },
        Evidence {
            statement: Statement::Neighbour(Neighbour::Upstream, 0.5),
            about: "聚乙烯",
            postings: &near,
        },
        Evidence {
            statement: Statement::Neighbour(Neighbour::Downstream, 0.5),
            about: "电芯",
            postings: &near,
        },
        Evidence { statement: Statement::Capability(Capability::Industry), about: "2921", postings: &class },
    ];
    let regions = [region("440300"), region("330200"), region("330106"), region("330100"), None];
    let input = CandidateInput {
        firms: 5,
        region_of: &regions,
        size_percentile: &percentiles,
        evidence: &evidence,
        region: region("330100"),
        exclude: &[3],
        limit: 10,
    };
    let found = rank(&input).unwrap();
    let firms: Vec<u32> = found.iter().map(|c| c.firm).collect();
    assert_eq!(firms, [0, 1, 2]);
    for (candidate, want) in found.iter().zip([0.5875, 0.5375, 0.3625]) {
        assert!((candidate.score - want).abs() < 1e-6, "{candidate:?}");
        let sum: f64 = candidate.reasons.iter().map(|r| r.weight).sum();
        assert!((sum - candidate.score).abs() < 1e-12);
    }
    assert!(found[1].reasons.iter().any(|r| r.text.zh.contains("聚乙烯") && r.text.zh.contains("电芯")));
    assert_eq!(found[0].reasons[0].kind, ReasonKind::Capability);

    let one = rank(&CandidateInput { limit: 1, ..input }).unwrap();
    assert_eq!(one[..], found[..1]);
    assert!(rank(&CandidateInput { limit: 0, ..input }).is_err());
    assert!(rank(&CandidateInput { firms: 2, ..input }).is_err());
    let anywhere = rank(&CandidateInput { region: None, ..input }).unwrap();
    assert!((anywhere[0].score - (0.5 + 0.0875) / 0.8).abs() < 1e-6);
}

#[test]
fn equal_firms_stand_in_the_order_of_their_numbers() {
    let postings: Vec<Posting> = (0..50).rev().map(|f| posting(f, 0.5)).collect();
    let evidence =
        [Evidence { statement: Statement::Capability(Capability::Same), about: "x", postings: &postings }];
    let input = CandidateInput {
        firms: 50,
        region_of: &[],
        size_percentile: &[],
        evidence: &evidence,
        region: None,
        exclude: &[],
        limit: 5,
    };
    let firms: Vec<u32> = rank(&input).unwrap().iter().map(|c| c.firm).collect();
    assert_eq!(firms, [0, 1, 2, 3, 4]);
}

proptest! {
    #[test]
    fn every_score_lies_in_zero_to_one_and_more_evidence_never_lowers_it(
        postings in prop::collection::vec((0_u32..20, 0.0_f32..=1.0), 1..60),
        extra in 0_u32..20,
        weight in 0.0_f64..=1.0,
    ) {
        let postings: Vec<Posting> = postings.into_iter().map(|(f, c)| posting(f, c)).collect();
        let added = [posting(extra, 1.0)];
        let evidence = [
            Evidence { statement: Statement::Capability(Capability::Sibling), about: "a", postings: &postings },
            Evidence { statement: Statement::Neighbour(Neighbour::Upstream, weight), about: "b", postings: &postings },
            Evidence { statement: Statement::Capability(Capability::Same), about: "c", postings: &added },
        ];
        let input = CandidateInput {
            firms: 20, region_of: &[], size_percentile: &[1.0; 20], evidence: &evidence[..2], region: None,
            exclude: &[], limit: 20,
        };
        let before = rank(&input).unwrap();
        let after = rank(&CandidateInput { evidence: &evidence, ..input }).unwrap();
        for candidate in &before {
            prop_assert!((0.0..=1.0 + 1e-9).contains(&candidate.score));
            let now = after.iter().find(|c| c.firm == candidate.firm).unwrap();
            prop_assert!(now.score >= candidate.score - 1e-9);
        }
        prop_assert!(before.windows(2).all(|w| w[0].score >= w[1].score));
    }
}
