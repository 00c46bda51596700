//! Eight small tables in the shape of TPC-H, made of a few words each, so that every query finds something.

use std::fmt::Write as _;

/// Tables with their columns: name and type of a mapping.
const TABLES: [(&str, &str); 8] = [
    ("region", "r_regionkey:integer r_name:text r_comment:text"),
    ("nation", "n_nationkey:integer n_name:text n_regionkey:integer n_comment:text"),
    (
        "supplier",
        "s_suppkey:integer s_name:text s_address:text s_nationkey:integer s_phone:text s_acctbal:float s_comment:text",
    ),
    (
        "part",
        "p_partkey:integer p_name:text p_mfgr:text p_brand:text p_type:text p_size:integer p_container:text \
         p_retailprice:float p_comment:text",
    ),
    (
        "partsupp",
        "ps_partkey:integer ps_suppkey:integer ps_availqty:integer ps_supplycost:float ps_comment:text",
    ),
    (
        "customer",
        "c_custkey:integer c_name:text c_address:text c_nationkey:integer c_phone:text c_acctbal:float \
         c_mktsegment:text c_comment:text",
    ),
    (
        "orders",
        "o_orderkey:integer o_custkey:integer o_orderstatus:text o_totalprice:float o_orderdate:date \
         o_orderpriority:text o_clerk:text o_shippriority:integer o_comment:text",
    ),
    (
        "lineitem",
        "l_orderkey:integer l_partkey:integer l_suppkey:integer l_linenumber:integer l_quantity:float \
         l_extendedprice:float l_discount:float l_tax:float l_returnflag:text l_linestatus:text l_shipdate:date \
         l_commitdate:date l_receiptdate:date l_shipinstruct:text l_shipmode:text l_comment:text",
    ),
];

const SUPPLIERS: u64 = 30;
const PARTS: u64 = 120;
const CUSTOMERS: u64 = 150;
const ORDERS: u64 = 900;

const REGIONS: [&str; 5] = ["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"];
const NATIONS: [(&str, usize); 8] = [
    ("BRAZIL", 1),
    ("CANADA", 1),
    ("FRANCE", 3),
    ("GERMANY", 3),
    ("INDIA", 2),
    ("JAPAN", 2),
    ("SAUDI ARABIA", 4),
    ("KENYA", 0),
];
const TYPES: [&str; 5] = [
    "ECONOMY ANODIZED STEEL",
    "PROMO BURNISHED BRASS",
    "MEDIUM POLISHED TIN",
    "LARGE PLATED BRASS",
    "PROMO TIN",
];
const BRANDS: [&str; 4] = ["Brand#12", "Brand#23", "Brand#34", "Brand#45"];
const CONTAINERS: [&str; 4] = ["SM BOX", "MED BOX", "LG BOX", "MED BAG"];
const SIZES: [u64; 6] = [1, 3, 9, 14, 15, 23];
const SEGMENTS: [&str; 3] = ["BUILDING", "MACHINERY", "FURNITURE"];
const PRIORITIES: [&str; 4] = ["1-URGENT", "2-HIGH", "3-MEDIUM", "5-LOW"];
const MODES: [&str; 5] = ["MAIL", "SHIP", "AIR", "AIR REG", "RAIL"];
const CODES: [u64; 7] = [13, 31, 23, 29, 30, 18, 99];

/// One mapping for all tables.
pub fn mapping() -> String {
    let mut text = "name = \"tpch\"\ntitle = { zh = \"测试\", en = \"Test\" }\ndescription = { zh = \"测试。\", en = \
                    \"Test.\" }\nowner = \"test\"\nside = \"public\"\ngrade = \"general1\"\nsource = \"test\"\n\
                    licence = \"test\"\n"
        .to_owned();
    for (table, columns) in TABLES {
        write!(
            text,
            "\n[[table]]\ndataset = \"raw.{table}\"\nfiles = [\"{table}.csv\"]\nmode = \"replace\"\n"
        )
        .unwrap();
        for column in columns.split_whitespace() {
            let (name, kind) = column.split_once(':').unwrap();
            write!(text, "\n[[table.column]]\nname = \"{name}\"\ntype = \"{kind}\"\n").unwrap();
        }
    }
    text
}

/// A number from a seed: the same tables every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        *from.get(self.roll(from.len() as u64) as usize).unwrap()
    }

    fn money(&mut self, most: u64) -> f64 {
        self.roll(most * 100) as f64 / 100.0
    }
}

/// A day this many days after the first of 1992, as a calendar of thirty days a month has it.
fn day(after: u64) -> String {
    let (year, rest) = (after / 336, after % 336);
    format!("{}-{:02}-{:02}", 1992 + year, rest / 28 + 1, rest % 28 + 1)
}

/// Names of files and their content.
pub fn files() -> Vec<(String, String)> {
    let mut dice = Dice(42);
    let mut rows: Vec<(&str, String)> = Vec::new();
    let regions: String =
        REGIONS.iter().enumerate().map(|(at, name)| format!("{at},{name},none\n")).collect();
    rows.push(("region", regions));
    let nations = NATIONS.iter().enumerate();
    rows.push((
        "nation",
        nations.map(|(at, (name, region))| format!("{at},{name},{region},none\n")).collect(),
    ));
    rows.push(("supplier", suppliers(&mut dice)));
    let (parts, offers) = parts(&mut dice);
    rows.push(("part", parts));
    rows.push(("partsupp", offers));
    rows.push(("customer", customers(&mut dice)));
    let (orders, lines) = orders(&mut dice);
    rows.push(("orders", orders));
    rows.push(("lineitem", lines));
    let header = |table: &str| {
        let (_, columns) = TABLES.iter().find(|(name, _)| *name == table).unwrap();
        let names = columns.split_whitespace().map(|column| column.split_once(':').unwrap().0);
        names.collect::<Vec<_>>().join(",")
    };
    rows.into_iter()
        .map(|(table, rows)| (format!("{table}.csv"), format!("{}\n{rows}", header(table))))
        .collect()
}

fn suppliers(dice: &mut Dice) -> String {
    let mut text = String::new();
    for key in 1..=SUPPLIERS {
        let (nation, code, balance) = (dice.roll(NATIONS.len() as u64), dice.pick(&CODES), dice.money(9_000));
        let comment = if key % 9 == 0 { "Customer has Complaints" } else { "fine" };
        writeln!(text, "{key},Supplier#{key:03},street {key},{nation},{code}-{key},{balance},{comment}")
            .unwrap();
    }
    text
}

fn parts(dice: &mut Dice) -> (String, String) {
    let (mut parts, mut offers) = (String::new(), String::new());
    for key in 1..=PARTS {
        let name = dice.pick(&["forest green", "green metal", "pale blue", "forest rose"]);
        let (brand, kind, size, container) =
            (dice.pick(&BRANDS), dice.pick(&TYPES), dice.pick(&SIZES), dice.pick(&CONTAINERS));
        writeln!(parts, "{key},{name},Maker,{brand},{kind},{size},{container},{}.5,none", 900 + key).unwrap();
        let first = dice.roll(SUPPLIERS);
        for next in 0..4 {
            let supplier = (first + next * 7) % SUPPLIERS + 1;
            let (stock, cost) = (dice.roll(9_000) + 1, dice.money(1_000));
            writeln!(offers, "{key},{supplier},{stock},{cost},none").unwrap();
        }
    }
    (parts, offers)
}

fn customers(dice: &mut Dice) -> String {
    let mut text = String::new();
    for key in 1..=CUSTOMERS {
        let (nation, code) = (dice.roll(NATIONS.len() as u64), dice.pick(&CODES));
        let (balance, segment) = (dice.money(9_000), dice.pick(&SEGMENTS));
        writeln!(text, "{key},Customer#{key:04},road {key},{nation},{code}-{key},{balance},{segment},none")
            .unwrap();
    }
    text
}

fn orders(dice: &mut Dice) -> (String, String) {
    let (mut orders, mut lines) = (String::new(), String::new());
    for key in 1..=ORDERS {
        // A third of the customers never orders anything.
        let customer = dice.roll(CUSTOMERS / 3) * 3 + 1 + dice.roll(2);
        let (ordered, priority, status) = (dice.roll(2_200), dice.pick(&PRIORITIES), dice.pick(&["F", "O"]));
        let comment = if key % 13 == 0 { "special fast requests" } else { "plain" };
        let total = dice.money(300_000);
        let placed = day(ordered);
        writeln!(
            orders,
            "{key},{customer},{status},{total},{placed},{priority},Clerk#{},0,{comment}",
            key % 7
        )
        .unwrap();
        for number in 1..=dice.roll(7) + 1 {
            let (part, supplier) = (dice.roll(PARTS) + 1, dice.roll(SUPPLIERS) + 1);
            // An order now and then is a large one.
            let quantity = if key % 50 == 0 { 50 + number } else { dice.roll(50) + 1 };
            let price = quantity as f64 * (dice.roll(900) + 100) as f64;
            let (discount, tax) = (dice.roll(11) as f64 / 100.0, dice.roll(9) as f64 / 100.0);
            let shipped = ordered + dice.roll(60) + 1;
            let (promised, received) = (ordered + dice.roll(60) + 20, shipped + dice.roll(30) + 1);
            let (flag, mode) = (dice.pick(&["R", "A", "N"]), dice.pick(&MODES));
            let how = dice.pick(&["DELIVER IN PERSON", "NONE"]);
            let (shipped, promised, received) = (day(shipped), day(promised), day(received));
            writeln!(
                lines,
                "{key},{part},{supplier},{number},{quantity},{price},{discount},{tax},{flag},{status},{shipped},\
                 {promised},{received},{how},{mode},none"
            )
            .unwrap();
        }
    }
    (orders, lines)
}
