//! What can be recognised.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of identifier (标识类型).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 居民身份证号, GB 11643: 18 characters with check character, or the former 15 digits.
    ResidentId,
    /// 护照号 and travel permits to and from Hong Kong, Macau and Taiwan.
    Passport,
    /// 银行卡号: length by issuer range, Luhn check (GB/T 14504, ISO/IEC 7812).
    BankCard,
    /// 手机号码.
    MobilePhone,
    /// 固定电话 and 400/800 numbers.
    Landline,
    /// 电子邮箱.
    Email,
    /// 姓名.
    PersonName,
    /// 详细地址.
    Address,
    /// 机动车号牌, GA 36, new-energy plates included.
    VehiclePlate,
    /// 经纬度 within China.
    Coordinates,
    /// IP 地址, version 4.
    IpAddress,
    /// MAC 地址.
    MacAddress,
    /// 统一社会信用代码, GB 32100.
    Uscc,
    /// 组织机构代码, GB 11714.
    OrganisationCode,
    /// 许可证号: business registration (15 digits, GB/T 17710 check), food production (SC) and trade (JY) licences.
    Licence,
}

impl Kind {
    /// Every kind, in the order reports show them.
    pub const ALL: [Self; 15] = [
        Self::ResidentId,
        Self::Passport,
        Self::BankCard,
        Self::MobilePhone,
        Self::Landline,
        Self::Email,
        Self::PersonName,
        Self::Address,
        Self::VehiclePlate,
        Self::Coordinates,
        Self::IpAddress,
        Self::MacAddress,
        Self::Uscc,
        Self::OrganisationCode,
        Self::Licence,
    ];

    /// Stable name, as stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResidentId => "resident_id",
            Self::Passport => "passport",
            Self::BankCard => "bank_card",
            Self::MobilePhone => "mobile_phone",
            Self::Landline => "landline",
            Self::Email => "email",
            Self::PersonName => "person_name",
            Self::Address => "address",
            Self::VehiclePlate => "vehicle_plate",
            Self::Coordinates => "coordinates",
            Self::IpAddress => "ip_address",
            Self::MacAddress => "mac_address",
            Self::Uscc => "uscc",
            Self::OrganisationCode => "organisation_code",
            Self::Licence => "licence",
        }
    }

    /// The kind with this stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether one value of it says which person is meant, so that distinct values count persons.
    #[must_use]
    pub const fn counts_persons(self) -> bool {
        matches!(self, Self::ResidentId | Self::MobilePhone | Self::Passport)
    }

    /// Place in [`Kind::ALL`].
    pub(crate) const fn place(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn names_and_places_are_those_of_the_list() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind.place(), place);
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Kind::from_name("nothing"), None);
    }
}
