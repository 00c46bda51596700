//! What happened: events, gaps in chains, and whom failures reached.

use super::{Scratch, Table};
use crate::calendar::NEVER;
use crate::fate::{Kind, Target};
use crate::rows::Rows;
use crate::world::{Role, World};

pub(super) const EVENT: Table = Table {
    name: "event",
    truth: true,
    title: ("事件真值", "Events as they happened"),
    columns: &["event", "kind", "uscc", "begins_on", "ends_on", "to_region", "product"],
    rows: events,
};

pub(super) const GAP: Table = Table {
    name: "gap",
    truth: true,
    title: ("新出现的断点", "New gaps in chains"),
    columns: &["event", "product", "industry_code", "since", "makers"],
    rows: gaps,
};

pub(super) const CONTAGION: Table = Table {
    name: "contagion",
    truth: true,
    title: ("供应中断的传导", "Whom supplier failures reached"),
    columns: &["event", "uscc", "depth", "via_uscc", "begins_on", "ends_on", "loss"],
    rows: contagion,
};

fn failure_id(event: u32) -> String {
    format!("F{:04}", event + 1)
}

fn gap_id(gap: u32) -> String {
    format!("G{:04}", gap + 1)
}

fn events(world: &World, index: u32, _: &mut Scratch, rows: &mut Rows) {
    let fate = world.fate(index);
    if fate.kind == Kind::Steady {
        return;
    }
    let blueprint = &world.blueprint;
    let code = blueprint.code(index);
    let (event, product) = match world.roles.get(&index) {
        Some(Role::Failing { event, .. }) => (failure_id(*event), ""),
        Some(Role::LastMaker { gap, .. }) => {
            (gap_id(*gap), blueprint.industries.term(world.trade(index).product))
        }
        None => (format!("{}-{code}", fate.kind.word()), ""),
    };
    rows.text(&event).text(fate.kind.word()).text(&code).day(fate.begins).day_before(fate.ends, NEVER);
    match fate.target {
        Some(Target::Within(place)) => {
            rows.text(blueprint.places.places.get(place).map_or("", |place| place.code.as_str()));
        }
        Some(Target::Beyond(other)) => {
            rows.text(blueprint.places.elsewhere.get(other).map_or("", |(code, _)| code.as_str()));
        }
        None => {
            rows.text("");
        }
    }
    rows.text(product).end();
}

fn gaps(world: &World, index: u32, _: &mut Scratch, rows: &mut Rows) {
    // Gaps belong to nobody in particular; the first enterprise writes them.
    if index > 0 {
        return;
    }
    let industries = &world.blueprint.industries;
    for (gap, number) in world.gaps.iter().zip(0..) {
        let makers: Vec<String> = gap.makers.iter().map(|maker| world.blueprint.code(*maker)).collect();
        rows.text(&gap_id(number))
            .text(industries.term(gap.product))
            .text(industries.class(gap.class).map_or("", |class| class.code))
            .day(gap.since)
            .text(&makers.join("|"))
            .end();
    }
}

fn contagion(world: &World, index: u32, _: &mut Scratch, rows: &mut Rows) {
    for shock in world.shocks_of(index) {
        rows.text(&failure_id(shock.event))
            .text(&world.blueprint.code(index))
            .number(i64::from(shock.depth))
            .text(&world.blueprint.code(shock.via))
            .day(shock.begins)
            .day(shock.ends)
            .fraction(shock.loss)
            .end();
    }
}
