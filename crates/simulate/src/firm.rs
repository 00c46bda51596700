//! The traits of an enterprise, each a function of its index.

use crate::calendar::{Window, day};
use crate::code;
use crate::dice::{Dice, Stream, pareto};
use crate::error::Result;
use crate::options::Options;
use crate::parameters::{self as parameters, Activity, Industries, Place, Places, Sectors, Trade};

/// Legal form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// 有限公司
    Limited,
    /// 有限责任公司
    LimitedLiability,
    /// 股份有限公司
    JointStock,
    /// 厂
    Factory,
    /// 合伙企业
    Partnership,
    /// 农民专业合作社
    Cooperative,
    /// 经营部、商行
    Shop,
    /// 分公司
    Branch,
}

/// Everything about a province that does not depend on all its enterprises together.
#[derive(Debug)]
pub(crate) struct Blueprint {
    pub(crate) options: Options,
    pub(crate) places: Places,
    pub(crate) sectors: Sectors,
    pub(crate) industries: Industries,
    pub(crate) window: Window,
    years: Vec<u32>,
    suppliers_min: f64,
    suppliers_max: f64,
}

impl Blueprint {
    /// From checked options.
    pub(crate) fn new(options: Options) -> Result<Self> {
        options.validate()?;
        let sectors = Sectors::new()?;
        let industries = Industries::new(&sectors)?;
        let window = Window::new(options.first_year, options.months);
        let last_year = crate::calendar::date(window.end - 1).0;
        let growth = |year: u32| {
            libm::pow(parameters::REGISTRATION_GROWTH, f64::from(year - parameters::FIRST_REGISTRATION_YEAR))
        };
        let weights =
            (parameters::FIRST_REGISTRATION_YEAR..=last_year).map(|year| (1_000.0 * growth(year)) as u32);
        let exponent = parameters::SUPPLIERS_EXPONENT;
        Ok(Self {
            places: Places::of(options.province)?,
            years: crate::dice::cumulative(weights),
            suppliers_min: options.links_per_enterprise * (exponent - 1.0) / exponent,
            suppliers_max: parameters::SUPPLIERS_MAX.min(f64::from(options.enterprises) / 4.0),
            sectors,
            industries,
            window,
            options,
        })
    }

    /// The draws of one kind for one enterprise.
    pub(crate) fn dice(&self, stream: Stream, index: u32) -> Dice {
        Dice::of(self.options.seed, stream, u64::from(index))
    }

    /// Position of its county.
    pub(crate) fn place_at(&self, index: u32) -> usize {
        self.places.draw(&mut self.dice(Stream::Place, index))
    }

    /// Its county.
    #[expect(clippy::indexing_slicing, reason = "drawn among the places")]
    pub(crate) fn place(&self, index: u32) -> &Place {
        &self.places.places[self.place_at(index)]
    }

    /// Its credit code.
    pub(crate) fn code(&self, index: u32) -> String {
        code::code(self.options.seed, index, self.place(index).code)
    }

    /// Day of registration, always before the window ends.
    pub(crate) fn founded(&self, index: u32) -> i32 {
        let mut dice = self.dice(Stream::Age, index);
        let year = parameters::FIRST_REGISTRATION_YEAR + dice.weighted(&self.years) as u32;
        let first = day(year, 1, 1);
        let days = (day(year + 1, 1, 1).min(self.window.end) - first) as u32;
        first + dice.below(days) as i32
    }

    /// The standard normal behind its size.
    pub(crate) fn standing(&self, index: u32) -> f64 {
        self.dice(Stream::Size, index).normal()
    }

    /// Its yearly sales in CNY.
    pub(crate) fn sales(&self, index: u32) -> f64 {
        libm::exp(parameters::SALES_LN_MEAN + parameters::SALES_LN_SD * self.standing(index))
    }

    /// Suppliers it has at a time, on average.
    pub(crate) fn suppliers(&self, index: u32) -> f64 {
        let z = self.beside(Stream::Buying, index, parameters::SUPPLIERS_SIZE_CORRELATION);
        pareto(z, self.suppliers_min, parameters::SUPPLIERS_EXPONENT).min(self.suppliers_max)
    }

    /// Weight with which buyers find it.
    pub(crate) fn pull(&self, index: u32) -> f64 {
        let z = self.beside(Stream::Selling, index, parameters::CUSTOMERS_SIZE_CORRELATION);
        pareto(z, 1.0, parameters::CUSTOMERS_EXPONENT).min(parameters::CUSTOMERS_PULL_MAX)
    }

    /// A standard normal correlated with the one behind size.
    fn beside(&self, stream: Stream, index: u32, correlation: f64) -> f64 {
        let own = libm::sqrt(1.0 - correlation * correlation) * self.dice(stream, index).normal();
        correlation * self.standing(index) + own
    }

    /// Its legal form; goes with what it does.
    pub(crate) fn form(&self, index: u32, trade: Trade) -> Form {
        let mut dice = self.dice(Stream::Form, index);
        let share = dice.unit();
        let agriculture = trade.sector == 0;
        match trade.activity {
            _ if agriculture && share < 0.45 => Form::Cooperative,
            _ if share > 0.975 => Form::Branch,
            _ if share > 0.960 => Form::JointStock,
            _ if share > 0.940 => Form::LimitedLiability,
            Activity::Make if share < 0.14 => Form::Factory,
            Activity::Wholesale | Activity::Retail if share < 0.12 => Form::Shop,
            Activity::Serve if share < 0.04 => Form::Partnership,
            _ => Form::Limited,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use brain_kernel::region::RegionCode;

    fn blueprint(enterprises: u32) -> Blueprint {
        Blueprint::new(Options::new(enterprises, 11, RegionCode::parse("330000").unwrap())).unwrap()
    }

    #[test]
    fn cities_have_their_shares() {
        let blueprint = blueprint(100_000);
        let mut found = vec![0.0; usize::from(blueprint.places.cities)];
        for index in 0..100_000 {
            found[usize::from(blueprint.place(index).city_at)] += 1e-5;
        }
        for (found, wanted) in found.iter().zip(blueprint.places.city_shares()) {
            assert!((found - wanted).abs() < 0.005, "{found} {wanted}");
        }
    }

    #[test]
    fn sales_are_log_normal_and_go_with_suppliers() {
        let blueprint = blueprint(200_000);
        let (mut sum, mut square, mut above) = (0.0, 0.0, [0u32; 2]);
        let count = 200_000;
        for index in 0..count {
            let (ln, suppliers) = (libm::log(blueprint.sales(index)), blueprint.suppliers(index));
            sum += ln;
            square += ln * ln;
            // P(suppliers > x) falls by 10^-1.5 when x grows tenfold.
            above[0] += u32::from(suppliers > 5.0);
            above[1] += u32::from(suppliers > 50.0);
        }
        let n = f64::from(count);
        let (mean, sd) = (sum / n, libm::sqrt(square / n - (sum / n) * (sum / n)));
        assert!((mean - parameters::SALES_LN_MEAN).abs() < 0.02, "{mean}");
        assert!((sd - parameters::SALES_LN_SD).abs() < 0.02, "{sd}");
        let exponent = libm::log10(f64::from(above[0]) / f64::from(above[1]));
        assert!((exponent - parameters::SUPPLIERS_EXPONENT).abs() < 0.1, "{exponent}");
    }

    #[test]
    fn nobody_is_founded_after_the_window_and_registrations_grow() {
        let blueprint = blueprint(50_000);
        let mut years = [0u32; 2];
        for index in 0..50_000 {
            let founded = blueprint.founded(index);
            assert!(founded < blueprint.window.end && founded >= day(1980, 1, 1));
            let year = crate::calendar::date(founded).0;
            years[0] += u32::from((2010..2015).contains(&year));
            years[1] += u32::from((2015..2020).contains(&year));
        }
        let growth = f64::from(years[1]) / f64::from(years[0]);
        assert!((growth - libm::pow(1.12, 5.0)).abs() < 0.12, "{growth}");
    }
}
