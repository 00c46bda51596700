//! Plain files of a supply network: what a stranger brings to try contagion on his own data.
//!
//! - edges: `supplier,buyer,amount` with a header; yearly sales, any one currency, above zero;
//! - firms: `firm,sector` with a header; sector = 1 … number of rows of the matrix;
//! - essentiality: a square matrix without header; row = sector of the input, column = sector of the buyer;
//!   2 essential, 1 ordinary, 0 irrelevant.
//!
//! Firm order in the firms file is the order of every result.

use crate::error::{ChainError, FileFault, Result};
use crate::esri::network::Sale;
use crate::esri::{Essentiality, FirmRisk, Need, SupplyNetwork};
use rustc_hash::FxHashMap;
use std::fmt::Write as _;
use std::io::Read;

/// How much of a file is read before it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimits {
    /// Data rows of the firms file.
    pub firms_max: u64,
    /// Data rows of the edges file.
    pub edges_max: u64,
    /// Rows and columns of the matrix.
    pub sectors_max: u64,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self { firms_max: 5_000_000, edges_max: 50_000_000, sectors_max: 4_096 }
    }
}

/// Read the three files into a network.
///
/// # Errors
/// [`ChainError::File`] with file, line, column, value and fix; [`ChainError::TooLarge`] beyond the limits.
pub fn read_network(
    edges: impl Read,
    firms: impl Read,
    essentiality: impl Read,
    limits: &FileLimits,
) -> Result<SupplyNetwork> {
    let need = read_essentiality(essentiality, limits)?;
    let (names, sectors) = read_firms(firms, need.sectors(), limits)?;
    let sales = read_edges(edges, &names, limits)?;
    SupplyNetwork::new(names, sectors, &sales, &need)
}

/// `firm,esri,esri_down,esri_up,iterations`, one line per risk in the order given, shortest digits that read back
/// to the same number.
#[must_use]
pub fn write_risks(network: &SupplyNetwork, risks: &[FirmRisk]) -> String {
    let mut text = String::with_capacity(40 + risks.len() * 80);
    text.push_str("firm,esri,esri_down,esri_up,iterations\n");
    for risk in risks {
        let name = network.firms().get(risk.firm as usize).map_or("", String::as_str);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{},{},{},{},{}",
            quoted(name),
            risk.esri,
            risk.esri_down,
            risk.esri_up,
            risk.iterations
        );
    }
    text
}

/// A CSV field, quoted only where RFC 4180 asks for it.
fn quoted(field: &str) -> std::borrow::Cow<'_, str> {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\"")).into()
    } else {
        field.into()
    }
}

/// Where a fault lies.
struct Place<'a> {
    file: &'static str,
    line: u64,
    column: &'a str,
}

impl Place<'_> {
    fn fault(&self, value: &str, problem: (&str, &str), fix: (&str, &str)) -> ChainError {
        ChainError::File(Box::new(FileFault {
            file: self.file,
            line: self.line,
            column: self.column.to_owned(),
            value: value.chars().take(80).collect(),
            problem_zh: problem.0.to_owned(),
            problem_en: problem.1.to_owned(),
            fix_zh: fix.0.to_owned(),
            fix_en: fix.1.to_owned(),
        }))
    }
}

fn reader<R: Read>(source: R, header: bool) -> csv::Reader<R> {
    csv::ReaderBuilder::new().has_headers(header).flexible(true).trim(csv::Trim::All).from_reader(source)
}

fn malformed(file: &'static str, error: &csv::Error) -> ChainError {
    let line = error.position().map_or(0, csv::Position::line);
    Place { file, line, column: "-" }.fault(
        &error.to_string(),
        ("无法按 CSV（UTF-8）读取", "cannot be read as CSV in UTF-8"),
        ("请另存为 UTF-8 编码的 CSV 文件。", "Save the file as CSV in UTF-8."),
    )
}

/// Check that the header is exactly the given columns; a byte order mark before the first is accepted.
fn expect_header<R: Read>(rows: &mut csv::Reader<R>, file: &'static str, columns: &[&str]) -> Result<()> {
    let header = rows.headers().map_err(|error| malformed(file, &error))?;
    let found: Vec<&str> =
        header.iter().map(|name| name.trim_start_matches('\u{feff}').trim_matches('"')).collect();
    for (at, wanted) in columns.iter().enumerate() {
        let name = found.get(at).copied().unwrap_or("");
        if !name.eq_ignore_ascii_case(wanted) {
            let expected = columns.join(",");
            return Err(Place { file, line: 1, column: wanted }.fault(
                name,
                (&format!("表头应为 {expected}"), &format!("the header must be {expected}")),
                (&format!("请把第一行改为 {expected}。"), &format!("Make the first line {expected}.")),
            ));
        }
    }
    Ok(())
}

fn field<'r>(record: &'r csv::StringRecord, index: usize, place: &Place<'_>) -> Result<&'r str> {
    match record.get(index) {
        Some(value) if !value.is_empty() => Ok(value),
        _ => Err(place.fault(
            "",
            ("缺少该列的值", "the value is missing"),
            ("请补上该值，或删除此行。", "Fill the value in, or delete the row."),
        )),
    }
}

/// Visit every record with its line number, refusing more than `limit` of them.
fn each_record<R: Read>(
    rows: &mut csv::Reader<R>,
    file: &'static str,
    what: &'static str,
    limit: u64,
    mut visit: impl FnMut(u64, &csv::StringRecord) -> Result<()>,
) -> Result<()> {
    let mut record = csv::StringRecord::new();
    let mut count = 0;
    while rows.read_record(&mut record).map_err(|error| malformed(file, &error))? {
        count += 1;
        if count > limit {
            return Err(ChainError::TooLarge { what, actual: count, limit });
        }
        visit(record.position().map_or(0, csv::Position::line), &record)?;
    }
    Ok(())
}

fn read_essentiality(source: impl Read, limits: &FileLimits) -> Result<Essentiality> {
    const FILE: &str = "essentiality";
    let mut matrix: Vec<Vec<Need>> = Vec::new();
    let mut rows = reader(source, false);
    each_record(
        &mut rows,
        FILE,
        "essentiality rows / 必要性矩阵行数",
        limits.sectors_max,
        |line, record| {
            let mut needs = Vec::with_capacity(record.len());
            for (at, cell) in record.iter().enumerate() {
                needs.push(match cell.trim_start_matches('\u{feff}') {
                    "0" => Need::Irrelevant,
                    "1" => Need::Ordinary,
                    "2" => Need::Essential,
                    other => {
                        return Err(Place { file: FILE, line, column: &(at + 1).to_string() }.fault(
                            other,
                            ("不是 0、1 或 2", "is not 0, 1 or 2"),
                            (
                                "0 无影响，1 一般投入，2 关键投入；文件不带表头。",
                                "0 no effect, 1 ordinary input, 2 essential input; the file has no header.",
                            ),
                        ));
                    }
                });
            }
            if matrix.first().is_some_and(|first| first.len() != needs.len()) {
                return Err(Place { file: FILE, line, column: &needs.len().to_string() }.fault(
                    &record.iter().collect::<Vec<_>>().join(","),
                    ("列数与第一行不同", "the row is not as long as the first"),
                    ("每行的列数须相同。", "Give every row the same number of columns."),
                ));
            }
            matrix.push(needs);
            Ok(())
        },
    )?;
    let shape = format!("{} × {}", matrix.len(), matrix.first().map_or(0, Vec::len));
    Essentiality::from_rows(&matrix).ok_or_else(|| {
        Place { file: FILE, line: matrix.len() as u64, column: "-" }.fault(
            &shape,
            ("矩阵不是方阵", "the matrix is not square"),
            ("行数须等于列数（等于行业数）。", "Rows must equal columns (the number of sectors)."),
        )
    })
}

fn read_firms(source: impl Read, sectors: usize, limits: &FileLimits) -> Result<(Vec<String>, Vec<u32>)> {
    const FILE: &str = "firms";
    let mut rows = reader(source, true);
    expect_header(&mut rows, FILE, &["firm", "sector"])?;
    let mut lines: FxHashMap<String, u64> = FxHashMap::default();
    let (mut names, mut codes) = (Vec::new(), Vec::new());
    each_record(&mut rows, FILE, "firms / 企业数", limits.firms_max, |line, record| {
        let place = Place { file: FILE, line, column: "firm" };
        let name = field(record, 0, &place)?;
        if let Some(first) = lines.insert(name.to_owned(), line) {
            return Err(place.fault(
                name,
                (
                    &format!("企业重复，首次出现在第 {first} 行"),
                    &format!("the firm stands on line {first} already"),
                ),
                ("每家企业只保留一行。", "Keep one row per firm."),
            ));
        }
        let place = Place { file: FILE, line, column: "sector" };
        let text = field(record, 1, &place)?;
        let sector = text.parse::<u32>().ok().filter(|&s| s >= 1 && s as usize <= sectors);
        let Some(sector) = sector else {
            return Err(place.fault(
                text,
                (
                    &format!("行业须为 1 到 {sectors} 的整数"),
                    &format!("the sector must be a whole number from 1 to {sectors}"),
                ),
                (
                    "行业号对应必要性矩阵的行号。",
                    "The sector is the number of its row in the essentiality matrix.",
                ),
            ));
        };
        names.push(name.to_owned());
        codes.push(sector - 1);
        Ok(())
    })?;
    Ok((names, codes))
}

fn read_edges(source: impl Read, names: &[String], limits: &FileLimits) -> Result<Vec<Sale>> {
    const FILE: &str = "edges";
    let index: FxHashMap<&str, u32> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), at as u32)).collect();
    let mut rows = reader(source, true);
    expect_header(&mut rows, FILE, &["supplier", "buyer", "amount"])?;
    let mut sales = Vec::new();
    each_record(&mut rows, FILE, "links / 链接数", limits.edges_max, |line, record| {
        let firm = |at: usize, column: &'static str| {
            let place = Place { file: FILE, line, column };
            let name = field(record, at, &place)?;
            index.get(name).copied().ok_or_else(|| {
                place.fault(
                    name,
                    ("企业不在 firms 文件中", "the firm is not in the firms file"),
                    (
                        "请在 firms 文件中补上该企业，或更正名称。",
                        "Add the firm to the firms file, or correct the name.",
                    ),
                )
            })
        };
        let (supplier, buyer) = (firm(0, "supplier")?, firm(1, "buyer")?);
        let place = Place { file: FILE, line, column: "amount" };
        let text = field(record, 2, &place)?;
        let amount = text.parse::<f64>().ok().filter(|amount| amount.is_finite() && *amount > 0.0);
        let Some(amount) = amount else {
            return Err(place.fault(
                text,
                ("金额须为大于 0 的数", "the amount must be a number above 0"),
                (
                    "请填不带千分位和单位的数，如 1234.5。",
                    "Write the number without thousands separators or unit, for example 1234.5.",
                ),
            ));
        };
        sales.push(Sale { supplier, buyer, amount });
        Ok(())
    })?;
    Ok(sales)
}
