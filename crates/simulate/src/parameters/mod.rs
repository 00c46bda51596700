//! What the simulated province is fitted to. Figures with their sources, never rows of the data they came from.
//!
//! "Register" is the company register of Zhejiang (89,656 registrations of 1978–2004) unless said otherwise;
//! "invoices" are the 1.1 million masked VAT invoices of 425 small firms of 2016–2020 (CUMCM 2020 problem C);
//! "assumed" marks what no data at hand could say.

mod industry;
mod place;
mod sector;

pub(crate) use industry::{Activity, Industries, Trade};
pub(crate) use place::{Place, Places};
pub(crate) use sector::{SECTORS, Sectors};

/// Mean of ln(registered capital in 10,000 CNY) of limited companies (register).
pub const CAPITAL_LN_MEAN: f64 = 5.48;
/// Standard deviation of the same (register).
pub const CAPITAL_LN_SD: f64 = 1.71;
/// Mean of the same of joint-stock companies above that of limited companies (register: 8.40).
pub(crate) const CAPITAL_LN_JOINT_STOCK: f64 = 8.40 - CAPITAL_LN_MEAN;
/// Mean of the same of factories, shops and cooperatives below that of limited companies (register: 2.80 to 3.60).
pub(crate) const CAPITAL_LN_SMALL: f64 = 3.30 - CAPITAL_LN_MEAN;
/// Share of capitals that are round: one or two leading digits (register: 0.72 of limited companies).
pub(crate) const CAPITAL_ROUND_SHARE: f64 = 0.75;
/// Mean of ln(yearly sales in CNY). Assumed: below the invoices' 15.38, whose firms were a bank's credit customers.
pub const SALES_LN_MEAN: f64 = 14.0;
/// Standard deviation of ln(yearly sales) (invoices).
pub const SALES_LN_SD: f64 = 2.07;
/// Correlation of ln capital with ln sales. Assumed.
pub(crate) const CAPITAL_SALES_CORRELATION: f64 = 0.6;

/// Exponent of P(number of suppliers > x) ∝ x^−e. ICKG-25 supply facts 1.53, invoices 1.2 to 2.2 by cut; national
/// networks in the literature 1.2 to 1.5.
pub const SUPPLIERS_EXPONENT: f64 = 1.5;
/// Exponent of P(number of customers > x) ∝ x^−e. Invoices 0.9 to 1.2; national networks 1.2 to 1.4.
pub const CUSTOMERS_EXPONENT: f64 = 1.35;
/// Correlation of ln(number of suppliers) with ln(size) (invoices: 0.82).
pub const SUPPLIERS_SIZE_CORRELATION: f64 = 0.8;
/// Correlation of ln(number of customers) with ln(size) (invoices: 0.34).
pub const CUSTOMERS_SIZE_CORRELATION: f64 = 0.35;
/// Most suppliers of one enterprise at a time.
pub(crate) const SUPPLIERS_MAX: f64 = 20_000.0;
/// Largest pull of a supplier, in multiples of the least.
pub(crate) const CUSTOMERS_PULL_MAX: f64 = 30_000.0;
/// Share of links answered by a link the other way (ICKG-25: 0.026).
pub const RECIPROCITY: f64 = 0.026;
/// Months after which half of the links have ended (Hungary 2014–2022, arXiv 2503.20594).
pub const LINK_HALF_LIFE_MONTHS: f64 = 13.0;
/// Share of suppliers sought in the buyer's own city first. Assumed.
pub(crate) const LOCAL_SHARE: f64 = 0.45;
/// Spread of ln(amount) of links of one buyer. Assumed.
pub(crate) const LINK_AMOUNT_LN_SD: f64 = 1.2;

/// Share of a link's months with an invoice (invoices: 0.35).
pub(crate) const INVOICED_MONTHS: f64 = 0.35;
/// Spread of ln(amount) of invoices within a pair (invoices: 0.63).
pub(crate) const INVOICE_LN_SD: f64 = 0.63;
/// Share of void invoices (invoices: 0.041 received, 0.079 issued).
pub const VOID_SHARE: f64 = 0.06;
/// Share of reversals, which are negative (invoices: 0.009 received, 0.029 issued).
pub(crate) const REVERSAL_SHARE: f64 = 0.019;
/// Share of sellers whose invoices end at 100,000 CNY (invoices: 13 % of amounts issued lie just below).
pub(crate) const SMALL_INVOICE_SELLERS: f64 = 0.5;
/// Business by month, January first (invoices 2017–2019, mean of the two sides' counts).
pub const SEASON: [f64; 12] = [1.04, 0.59, 0.90, 0.89, 0.95, 0.97, 1.02, 1.06, 1.10, 1.07, 1.15, 1.25];
/// Business by day of the week, Monday first (invoices, issued side).
pub(crate) const WEEKDAYS: [f64; 7] = [1.40, 1.37, 1.32, 1.24, 1.16, 0.28, 0.23];

/// Registrations of a year relative to the year before. Assumed; the register grew faster (1.24) until 2001.
pub(crate) const REGISTRATION_GROWTH: f64 = 1.12;
/// First year of registrations.
pub(crate) const FIRST_REGISTRATION_YEAR: u32 = 1980;

/// Share of wholesalers among enterprises (register).
pub const WHOLESALE_SHARE: f64 = 0.178;
/// Share of retailers among enterprises (register).
pub const RETAIL_SHARE: f64 = 0.037;

/// Share of 字号 of two characters; the others have three (national register: 0.51 to 0.12 for these two).
pub(crate) const TWO_CHARACTER_NAMES: f64 = 0.8;
/// Zipf–Mandelbrot law of characters in 字号, rank^−s shifted by q (national register of 1.02 million names).
pub(crate) const NAME_CHARACTER_EXPONENT: f64 = 1.4;
/// See [`NAME_CHARACTER_EXPONENT`].
pub(crate) const NAME_CHARACTER_SHIFT: f64 = 30.0;
