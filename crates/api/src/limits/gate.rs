//! Who pays for a request, and whether they can.

use super::turns::{Turn, Turns};
use super::{Buckets, Cost, Limits};
use crate::error::Error;
use crate::guard::Caller;
use crate::network::{Neighbourhood, neighbourhood};
use brain_trust::Credential;
use std::time::Instant;

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Payer {
    /// An account in its sessions.
    Account(String),
    /// A program with a key, so that it does not starve its owner's own sessions.
    Key(String),
    /// Everybody at one address whom nobody knows.
    Address(Neighbourhood),
    /// A caller without an address: tests, and nothing else.
    Nobody,
}

impl Payer {
    /// Who pays for this caller.
    pub(crate) fn of(caller: &Caller) -> Self {
        match (&caller.party, caller.authenticated.as_ref().map(|known| &known.credential)) {
            (_, Some(Credential::ApiKey { id, .. })) => Self::Key(id.clone()),
            (Some(party), _) => Self::Account(party.account.clone()),
            _ => caller.address.map_or(Self::Nobody, |address| Self::Address(neighbourhood(address))),
        }
    }
}

/// The gate every request under `/api` passes.
pub(crate) struct Gate {
    limits: Limits,
    began: Instant,
    known: Buckets<Payer>,
    unknown: Buckets<Payer>,
    requests: Turns<Payer>,
    work: Turns<Payer>,
}

/// Places a request has taken; given back when dropped.
#[derive(Default)]
pub(crate) struct Held {
    request: Option<Turn<Payer>>,
    work: Option<Turn<Payer>>,
}

impl Held {
    /// What must be held until the last byte of the answer has left.
    pub(crate) fn work(&mut self) -> Option<Turn<Payer>> {
        self.request = None;
        self.work.take()
    }
}

impl Gate {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            began: Instant::now(),
            known: Buckets::new(limits.caller_points_per_s, limits.caller_points_max),
            unknown: Buckets::new(limits.address_points_per_s, limits.address_points_max),
            requests: Turns::new(limits.caller_requests_at_once),
            work: Turns::new(limits.caller_work_at_once),
            limits,
        }
    }

    /// Take the price of a request from its caller.
    pub(crate) fn pay(&self, payer: &Payer, cost: Cost) -> Result<(), Error> {
        let points = cost.points(&self.limits);
        if points == 0 || *payer == Payer::Nobody {
            return Ok(());
        }
        let now_ns = u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX / 2);
        let buckets = if matches!(payer, Payer::Address(_)) { &self.unknown } else { &self.known };
        buckets.pay(payer.clone(), points, now_ns).map_err(|wait| Error::RateExceeded {
            // Rounded up: who comes back then is let in.
            retry_s: u32::try_from(wait.as_nanos().div_ceil(1_000_000_000)).unwrap_or(u32::MAX),
        })
    }

    /// Take the places a request needs.
    pub(crate) fn enter(&self, payer: &Payer, cost: Cost) -> Result<Held, Error> {
        if cost == Cost::Free {
            return Ok(Held::default());
        }
        let full = |turns: &Turns<Payer>| Error::TooManyAtOnce { limit: turns.most() };
        let request = self.requests.take(payer.clone()).ok_or_else(|| full(&self.requests))?;
        let work = if cost.is_work() {
            Some(self.work.take(payer.clone()).ok_or_else(|| full(&self.work))?)
        } else {
            None
        };
        Ok(Held { request: Some(request), work })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_cannot_take_every_place_and_gives_them_back() {
        let gate =
            Gate::new(Limits { caller_requests_at_once: 3, caller_work_at_once: 1, ..Limits::default() });
        let (one, other) = (Payer::Account("a".into()), Payer::Account("b".into()));
        let mut first = gate.enter(&one, Cost::Sql).unwrap();
        assert!(matches!(gate.enter(&one, Cost::Run), Err(Error::TooManyAtOnce { limit: 1 })));
        let second = gate.enter(&one, Cost::Ordinary).unwrap();
        let third = gate.enter(&one, Cost::Ordinary).unwrap();
        assert!(matches!(gate.enter(&one, Cost::Ordinary), Err(Error::TooManyAtOnce { limit: 3 })));
        assert!(gate.enter(&other, Cost::Sql).is_ok());
        drop((second, third));
        let streaming = first.work();
        assert!(gate.enter(&one, Cost::Sql).is_err(), "the answer is still leaving");
        drop(streaming);
        assert!(gate.enter(&one, Cost::Sql).is_ok());
    }

    #[test]
    fn dear_requests_use_points_up_sooner_and_the_answer_says_when_to_come_back() {
        let limits = Limits { caller_points_per_s: 1, caller_points_max: 25, ..Limits::default() };
        let gate = Gate::new(limits);
        let payer = Payer::Key("k".into());
        assert!(gate.pay(&payer, Cost::Sql).is_ok() && gate.pay(&payer, Cost::Sql).is_ok());
        let refused = gate.pay(&payer, Cost::Sql).unwrap_err();
        assert!(matches!(refused, Error::RateExceeded { retry_s: 1..=10 }), "{refused:?}");
        assert!(gate.pay(&payer, Cost::Ordinary).is_ok(), "there is enough left for that");
        assert!(gate.pay(&payer, Cost::Free).is_ok() && gate.pay(&Payer::Nobody, Cost::Verify).is_ok());
    }
}
