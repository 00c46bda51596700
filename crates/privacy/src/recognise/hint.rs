//! What a column's name or title announces.

use super::Kind;
use super::scanner::Announced;

/// Parts of column names and titles, lower case, and the kind they announce. A part of ASCII letters must stand
/// between places that are no letters: `ip` is not in `description`.
const WORDS: [(Kind, &[&str]); 15] = [
    (
        Kind::ResidentId,
        &["身份证", "公民身份号码", "证件号", "sfz", "sfzh", "id_card", "idcard", "identity_card"],
    ),
    (Kind::Passport, &["护照", "通行证", "证件号", "passport"]),
    (
        Kind::BankCard,
        &["银行卡", "银行账号", "银行帐号", "卡号", "开户账号", "bank_card", "bank_account", "card_no"],
    ),
    (
        Kind::MobilePhone,
        &["手机", "移动电话", "电话", "联系方式", "mobile", "phone", "tel", "telephone", "cellphone"],
    ),
    (
        Kind::Landline,
        &["固定电话", "座机", "电话", "联系方式", "传真", "phone", "tel", "telephone", "fax", "landline"],
    ),
    (Kind::Email, &["邮箱", "电子邮件", "email", "e-mail", "mail"]),
    (
        Kind::PersonName,
        &[
            "姓名",
            "联系人",
            "法定代表人",
            "法人代表",
            "负责人",
            "经办人",
            "户主",
            "董事长",
            "总经理",
            "股东姓名",
            "实控人",
            "实际控制人",
            "收件人",
            "legal_representative",
            "legal_person",
            "contact_name",
            "contact_person",
            "person_name",
            "full_name_of_person",
            "manager",
            "chairman",
            "given_name",
            "surname",
        ],
    ),
    (Kind::Address, &["地址", "住址", "住所", "户籍", "address", "addr"]),
    (Kind::VehiclePlate, &["车牌", "号牌", "plate", "plate_no"]),
    (Kind::Coordinates, &["经纬度", "坐标", "coordinates", "lnglat", "latlng", "location"]),
    (Kind::IpAddress, &["ip", "ip地址", "ip_address"]),
    (Kind::MacAddress, &["mac", "物理地址", "mac_address"]),
    (Kind::Uscc, &["统一社会信用代码", "信用代码", "uscc", "credit_code"]),
    (
        Kind::OrganisationCode,
        &["组织机构代码", "机构代码", "org_code", "organisation_code", "organization_code"],
    ),
    (
        Kind::Licence,
        &["许可证", "注册号", "执照", "licence", "license", "license_no", "licence_no", "reg_no"],
    ),
];

/// Kinds the texts (a column's name and its titles) announce.
pub(crate) fn announced(texts: &[&str]) -> Announced {
    let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    WORDS.iter().fold(Announced::default(), |all, (kind, words)| {
        let named = words.iter().any(|word| texts.iter().any(|text| contains(text, word)));
        if named { all.with(*kind) } else { all }
    })
}

fn contains(text: &str, word: &str) -> bool {
    if !word.is_ascii() {
        return text.contains(word);
    }
    text.match_indices(word).any(|(at, _)| {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
        let behind = text.get(at + word.len()..).and_then(|rest| rest.chars().next());
        !letter(text.get(..at).and_then(|before| before.chars().next_back())) && !letter(behind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_alone_and_titles_count() {
        assert!(announced(&["contact_tel"]).has(Kind::MobilePhone));
        assert!(announced(&["c7", "法定代表人姓名"]).has(Kind::PersonName));
        assert!(!announced(&["description"]).has(Kind::IpAddress));
        assert!(announced(&["client_ip"]).has(Kind::IpAddress));
        assert!(!announced(&["hotel", "platform"]).has(Kind::MobilePhone));
    }
}
