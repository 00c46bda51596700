//! Write a simulated supply network as the three plain files of `brain run chain.risk`:
//! `synthetic_network FOLDER FIRMS LINKS SEED`.
#![allow(clippy::print_stderr, reason = "a measuring program")]

use brain_chain::synthetic::Simulated;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, firms, links, seed] = arguments.as_slice() else {
        return Err("synthetic_network FOLDER FIRMS LINKS SEED".into());
    };
    let network = Simulated::new(firms.parse()?, links.parse()?, seed.parse()?);
    let mut edges = String::from("supplier,buyer,amount\n");
    for sale in &network.sales {
        writeln!(edges, "{},{},{}", sale.supplier + 1, sale.buyer + 1, sale.amount)?;
    }
    let mut sectors = String::from("firm,sector\n");
    for (firm, sector) in network.sector.iter().enumerate() {
        writeln!(sectors, "{},{}", firm + 1, sector + 1)?;
    }
    let mut need = String::new();
    for row in &network.need {
        let cells: Vec<String> = row.iter().map(|need| (*need as u8).to_string()).collect();
        writeln!(need, "{}", cells.join(","))?;
    }
    let folder = Path::new(folder);
    std::fs::write(folder.join("edges.csv"), edges)?;
    std::fs::write(folder.join("firms.csv"), sectors)?;
    std::fs::write(folder.join("essentiality.csv"), need)?;
    eprintln!("{} firms, {} links (simulated)", network.sector.len(), network.sales.len());
    Ok(())
}
