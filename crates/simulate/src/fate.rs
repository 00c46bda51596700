//! What happens to an enterprise while it is observed: the truth behind the traces in the data.

use crate::calendar::{DAYS_PER_MONTH, NEVER};
use crate::dice::Stream;
use crate::firm::Blueprint;
use crate::world::{Role, World};

/// Share of distressed enterprises that close in the end; the others recover. Assumed.
const DISTRESS_CLOSES: f64 = 0.55;
/// Share of migrations that leave the province. Assumed.
const LEAVES_PROVINCE: f64 = 0.6;

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Steady,
    /// Business shrinks, then the enterprise closes.
    Distress,
    /// Business shrinks and comes back.
    Recovery,
    /// Closes without warning.
    Closure,
    /// Moves its business elsewhere.
    Migration,
    /// A large supplier stops within a day and closes later.
    Failure,
    /// The last makers of a product leave: closes.
    LastMaker,
}

impl Kind {
    /// The word in truth files.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::Distress => "distress",
            Self::Recovery => "recovery",
            Self::Closure => "closure",
            Self::Migration => "migration",
            Self::Failure => "supplier_failure",
            Self::LastMaker => "last_maker",
        }
    }
}

/// Where a migrating enterprise goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// Another county of the province, by position.
    Within(usize),
    /// Another province, by position among the others.
    Beyond(usize),
}

/// What happens and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) kind: Kind,
    /// First day of its signs.
    pub(crate) begins: i32,
    /// Day of closing, moving or having recovered; may lie behind the window.
    pub(crate) ends: i32,
    pub(crate) target: Option<Target>,
}

impl Fate {
    const STEADY: Self = Self { kind: Kind::Steady, begins: NEVER, ends: NEVER, target: None };

    /// The day from which it deals with nobody in the province any more.
    pub(crate) fn gone(&self) -> i32 {
        match self.kind {
            Kind::Steady | Kind::Recovery => NEVER,
            Kind::Failure => self.begins,
            Kind::Distress | Kind::Closure | Kind::LastMaker => self.ends,
            Kind::Migration => match self.target {
                Some(Target::Within(_)) | None => NEVER,
                Some(Target::Beyond(_)) => self.ends,
            },
        }
    }

    /// The day it is struck off the register.
    pub(crate) fn closed(&self) -> i32 {
        match self.kind {
            Kind::Distress | Kind::Closure | Kind::LastMaker | Kind::Failure => self.ends,
            Kind::Steady | Kind::Recovery | Kind::Migration => NEVER,
        }
    }

    /// Business on a day relative to what it would be: 1 is usual, 0 is none.
    pub(crate) fn activity(&self, day: i32) -> f64 {
        if day < self.begins {
            return 1.0;
        }
        let passed = f64::from(day - self.begins) / f64::from((self.ends - self.begins).max(1));
        match self.kind {
            Kind::Steady => 1.0,
            Kind::Distress if day < self.ends => 1.0 - 0.75 * passed,
            Kind::Recovery if passed < 1.0 => 1.0 - 0.5 * libm::sin(std::f64::consts::PI * passed),
            Kind::Recovery => 1.0,
            Kind::Closure | Kind::LastMaker => f64::from(u8::from(day < self.ends)),
            // Machines move in three steps.
            Kind::Migration if day < self.ends => 1.0 - 0.3 * libm::floor(3.0 * passed + 0.5),
            Kind::Migration => 0.05,
            Kind::Distress | Kind::Failure => 0.0,
        }
    }
}

impl World {
    /// What happens to an enterprise.
    pub(crate) fn fate(&self, index: u32) -> Fate {
        match self.roles.get(&index) {
            Some(Role::Failing { day, .. }) => {
                let closes = day + (6.0 * DAYS_PER_MONTH) as i32;
                Fate { kind: Kind::Failure, begins: *day, ends: closes, target: None }
            }
            Some(Role::LastMaker { day, .. }) => {
                Fate { kind: Kind::LastMaker, begins: *day, ends: *day, target: None }
            }
            None => by_chance(&self.blueprint, index),
        }
    }
}

fn by_chance(blueprint: &Blueprint, index: u32) -> Fate {
    let (options, window) = (&blueprint.options, &blueprint.window);
    let years = window.years();
    let mut dice = blueprint.dice(Stream::Fate, index);
    let share = dice.unit();
    let distress = options.distress_per_year * years;
    let closure = distress + options.closure_per_year * years;
    let migration = closure + options.migration_per_year * years;
    if share >= migration {
        return Fate::STEADY;
    }
    // Young enterprises are left alone: signs need a time before them.
    if blueprint.founded(index) + 365 > window.start {
        return Fate::STEADY;
    }
    let begins = window.start + dice.below((window.end - window.start) as u32) as i32;
    let after = |months: f64| begins + (months * DAYS_PER_MONTH) as i32;
    if share < distress {
        let kind = if dice.chance(DISTRESS_CLOSES) { Kind::Distress } else { Kind::Recovery };
        return Fate { kind, begins, ends: after(6.0 + 6.0 * dice.unit()), target: None };
    }
    if share < closure {
        return Fate { kind: Kind::Closure, begins, ends: begins, target: None };
    }
    let others = blueprint.places.elsewhere.len() as u32;
    let target = if dice.chance(LEAVES_PROVINCE) && others > 0 {
        Target::Beyond(dice.below(others) as usize)
    } else {
        Target::Within(blueprint.places.draw(&mut dice))
    };
    Fate { kind: Kind::Migration, begins, ends: after(9.0 + 6.0 * dice.unit()), target: Some(target) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activity_falls_before_a_closure_and_comes_back_after_a_recovery() {
        let distress = Fate { kind: Kind::Distress, begins: 100, ends: 300, target: None };
        assert!((distress.activity(99) - 1.0).abs() < 1e-12);
        assert!(distress.activity(150) > distress.activity(250) && distress.activity(250) > 0.2);
        assert!(distress.activity(300) < 1e-12 && distress.gone() == 300 && distress.closed() == 300);
        let recovery = Fate { kind: Kind::Recovery, ..distress };
        assert!(recovery.activity(200) < 0.51 && (recovery.activity(300) - 1.0).abs() < 1e-12);
        assert_eq!((recovery.gone(), recovery.closed()), (NEVER, NEVER));
    }

    #[test]
    fn a_failure_is_sudden_and_a_migration_comes_in_steps() {
        let failure = Fate { kind: Kind::Failure, begins: 100, ends: 280, target: None };
        assert!((failure.activity(99) - 1.0).abs() < 1e-12 && failure.activity(100) < 1e-12);
        assert_eq!((failure.gone(), failure.closed()), (100, 280));
        let moving = Fate { kind: Kind::Migration, target: Some(Target::Beyond(0)), ..failure };
        assert!(moving.activity(110) > 0.9 && moving.activity(180) < 0.75 && moving.activity(281) < 0.1);
        assert_eq!((moving.gone(), moving.closed()), (280, NEVER));
    }
}
