//! Which verb governs which noun: `制造、加工：A、B` looks forward, `A、B的制造、加工` looks back.

use super::lexicon::Lexicon;
use super::segment::{Item, Stop, Work};
use super::verb::{MAKE, SERVICE, TRADE, Verbs, trim_end, trim_start};

/// A phrase taken apart.
#[derive(Debug, Clone, Copy)]
struct Peeled {
    /// Byte range of the noun inside the phrase; empty for verbs alone.
    noun: (usize, usize),
    before: u8,
    after: u8,
    services: [u8; 3],
    /// The last verb taken off that may be a service by itself: `电镀` in `电镀加工`.
    alone: (usize, usize),
}

/// Verbs waiting for, or governing, nouns.
#[derive(Debug, Clone, Copy)]
struct Governor {
    acts: u8,
    services: [u8; 3],
    colon: bool,
}

const NO_SERVICES: [u8; 3] = [u8::MAX; 3];

/// Sets `noun`, `acts` and `service` of every item.
pub(super) fn assign(work: &mut Work, verbs: &Verbs, lexicon: &Lexicon) {
    let mut items = std::mem::take(&mut work.items);
    let mut state = State::default();
    let outer = items.iter().position(|item| item.parent.is_some()).unwrap_or(items.len());
    for index in 0..outer {
        let (earlier, rest) = items.split_at_mut(index);
        let Some(item) = rest.first_mut() else { break };
        if item.dropped {
            item.noun = (item.text.1, item.text.1);
            state.after(item.stop);
            continue;
        }
        let peeled = peel(work.slice(item.text), verbs, lexicon);
        item.noun = (item.text.0 + peeled.noun.0 as u32, item.text.0 + peeled.noun.1 as u32);
        if peeled.noun.0 == peeled.noun.1 {
            state.verb_alone(item, earlier, &peeled, work, lexicon);
        } else {
            state.noun(item, index, earlier, &peeled);
        }
        state.after(item.stop);
    }
    for index in outer..items.len() {
        let parent = items.get(index).and_then(|item| item.parent);
        let inherited = parent
            .and_then(|parent| items.get(parent as usize))
            .map_or((0, false), |item| (item.acts, item.dropped));
        let Some(item) = items.get_mut(index) else { break };
        let peeled =
            peel(work.text.get(item.text.0 as usize..item.text.1 as usize).unwrap_or(""), verbs, lexicon);
        item.noun = (item.text.0 + peeled.noun.0 as u32, item.text.0 + peeled.noun.1 as u32);
        let own = peeled.before | peeled.after;
        item.acts = if own == 0 { inherited.0 } else { own };
        item.service = peeled.services;
        item.dropped |= inherited.1;
    }
    work.items = items;
}

#[derive(Default)]
struct State {
    lead: Option<Governor>,
    /// Verbs of verb-only items not yet attached.
    loose: Option<Governor>,
    /// First item of the nouns still without a verb.
    pending: Option<usize>,
    /// First item of the group the last trailing verb governed; more verbs extend it.
    closed: Option<usize>,
    last: usize,
}

impl State {
    fn verb_alone(
        &mut self,
        item: &mut Item,
        earlier: &mut [Item],
        peeled: &Peeled,
        work: &Work,
        lexicon: &Lexicon,
    ) {
        let acts = peeled.before | peeled.after;
        let group = if item.stop == Stop::Colon { None } else { self.pending.or(self.closed) };
        if let Some(first) = group {
            for governed in earlier.get_mut(first..).into_iter().flatten() {
                extend(governed, acts, peeled.services);
            }
            self.pending = None;
            self.closed = Some(first);
            return;
        }
        // 电镀 or 仓储 alone is a service of its own, not a verb without a noun.
        let alone = (item.text.0 + peeled.alone.0 as u32, item.text.0 + peeled.alone.1 as u32);
        if item.stop != Stop::Colon && self.loose.is_none() && lexicon.is_curated(work.slice(alone)) {
            item.noun = alone;
            item.acts = acts;
            return;
        }
        let mut governor =
            self.loose.take().unwrap_or(Governor { acts: 0, services: NO_SERVICES, colon: false });
        governor.acts |= acts;
        merge(&mut governor.services, peeled.services);
        if item.stop == Stop::Colon {
            governor.colon = true;
            self.lead = Some(governor);
        } else {
            self.loose = Some(governor);
        }
    }

    fn noun(&mut self, item: &mut Item, index: usize, earlier: &mut [Item], peeled: &Peeled) {
        self.last = index;
        item.service = peeled.services;
        if peeled.before != 0 {
            let loose = self.loose.take().map_or(0, |governor| governor.acts);
            let acts = peeled.before | loose;
            self.lead = Some(Governor { acts, services: NO_SERVICES, colon: false });
            item.acts = acts | peeled.after;
            self.pending = None;
            self.closed = None;
            return;
        }
        if let Some(governor) = self.loose.take() {
            self.lead = Some(governor);
        }
        if peeled.after != 0 {
            item.acts = peeled.after;
            let first = self.pending.take().unwrap_or(index);
            for governed in earlier.get_mut(first..).into_iter().flatten() {
                extend(governed, peeled.after, peeled.services);
            }
            self.closed = Some(first);
            if self.lead.is_some_and(|lead| !lead.colon) {
                self.lead = None;
            }
            return;
        }
        self.closed = None;
        match self.lead {
            Some(lead) => {
                item.acts = lead.acts;
                item.service = lead.services;
                // 服务：A、B的安装 — the heading is weak, so a later verb may still reach back.
                if lead.acts & (MAKE | TRADE) == 0 && lead.services == NO_SERVICES {
                    self.pending.get_or_insert(index);
                } else {
                    self.pending = None;
                }
            }
            None => {
                self.pending.get_or_insert(index);
            }
        }
    }

    fn after(&mut self, stop: Stop) {
        if stop == Stop::Sentence {
            // 批发、零售；五金 — a heading with the wrong mark after it.
            self.lead = self.loose.take().map(|governor| Governor { colon: true, ..governor });
            self.pending = None;
            self.closed = None;
        } else if stop == Stop::Colon {
            self.pending = None;
            self.closed = None;
        }
    }
}

fn extend(item: &mut Item, acts: u8, services: [u8; 3]) {
    if item.dropped {
        return;
    }
    item.acts |= acts;
    merge(&mut item.service, services);
}

fn merge(into: &mut [u8; 3], from: [u8; 3]) {
    for verb in from {
        if verb != u8::MAX
            && !into.contains(&verb)
            && let Some(slot) = into.iter_mut().find(|slot| **slot == u8::MAX)
        {
            *slot = verb;
        }
    }
}

/// Takes verbs off both ends of a phrase.
fn peel(phrase: &str, verbs: &Verbs, lexicon: &Lexicon) -> Peeled {
    let mut peeled = Peeled { noun: (0, 0), before: 0, after: 0, services: NO_SERVICES, alone: (0, 0) };
    // 许可经营项目：无批发、零售：… — the answer to the heading runs into the first verb.
    let spoken = phrase.strip_prefix('无').filter(|rest| verbs.at_start(rest).is_some()).unwrap_or(phrase);
    let start = trim_start(spoken);
    let skipped = phrase.len() - start.len();
    let mut text = start;
    let mut last = None;
    loop {
        if lexicon.is_curated(text)
            && last.is_none_or(|verb: super::verb::Verb| verb.word != text)
            && verbs.at_end(text).is_none_or(|verb| verb.word != text)
        {
            if let Some(verb) = verbs.at_end(text) {
                peeled.after |= verb.acts & !TRADE;
            }
            break;
        }
        let Some(verb) = verbs.at_end(text) else {
            let trimmed = trim_end(text);
            if trimmed.len() == text.len() || lexicon.exact(text).is_some() {
                break;
            }
            text = trimmed;
            continue;
        };
        let Some(shorter) = text.strip_suffix(verb.word) else { break };
        let whole = verb.compounding && !shorter.is_empty() && lexicon.exact(text).is_some();
        if verb.acts == 0 && lexicon.exact(text).is_some() {
            break;
        }
        peeled.after |= verb.acts;
        if verb.compounding {
            merge(&mut peeled.services, [verb.index, u8::MAX, u8::MAX]);
            peeled.alone = (skipped + shorter.len(), skipped + text.len());
        }
        last = Some(verb);
        text = trim_end(shorter);
        if whole || text.is_empty() {
            break;
        }
    }
    let mut from = skipped;
    while !text.is_empty() && lexicon.exact(text).is_none() {
        let Some(verb) = verbs.at_start(text).filter(super::verb::Verb::leads) else { break };
        let Some(rest) = text.strip_prefix(verb.word) else { break };
        let object = trim_start(rest);
        // 生产性, 加工用: the verb belongs to the noun.
        if object.starts_with(['性', '用', '型', '业']) {
            break;
        }
        from += text.len() - object.len();
        peeled.before |= verb.acts;
        text = object;
    }
    if text.is_empty() {
        peeled.after |= peeled.before;
        peeled.before = 0;
    }
    if peeled.after & SERVICE != 0 && peeled.after & !SERVICE != 0 && peeled.services == NO_SERVICES {
        // 研发、生产: developing one's own product is part of making it.
        peeled.after &= !SERVICE;
    }
    peeled.noun = (from, from + text.len());
    peeled
}
