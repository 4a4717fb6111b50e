//! Certificates for the tests, made for each run.

use passerelle::tls::{Identity, Roots, ServerTls};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, PublicKeyData,
    date_time_ymd,
};

/// 2026-07-01: certificates are valid through 2026 unless a test says otherwise.
pub(crate) const NOW: u64 = 1_782_864_000;

/// An authority.
pub(crate) struct Authority {
    pub(crate) pem: String,
    pub(crate) der: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub(crate) struct Leaf {
    pub(crate) chain: String,
    pub(crate) key: String,
    pub(crate) der: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = dated(CertificateParams::new(Vec::<String>::new()).unwrap());
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap();
        Self {
            pem: certificate.pem(),
            der: certificate.der().to_vec(),
            public_key: key.subject_public_key_info(),
            issuer: Issuer::new(parameters, key),
        }
    }

    pub(crate) fn roots(&self) -> Roots {
        Roots::from_pem(self.pem.as_bytes()).unwrap()
    }

    /// A certificate for a key that somebody else has, in DER.
    pub(crate) fn certify_key(&self, names: &[&str], key: &impl PublicKeyData) -> Vec<u8> {
        let names: Vec<_> = names.iter().map(|n| (*n).to_owned()).collect();
        let certificate = dated(CertificateParams::new(names).unwrap()).signed_by(key, &self.issuer).unwrap();
        certificate.der().to_vec()
    }

    /// A certificate for these names, the authority's own behind it.
    pub(crate) fn certify(&self, names: &[&str]) -> Leaf {
        self.certify_as(names, |_| {})
    }

    pub(crate) fn certify_as(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let mut parameters =
            dated(CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap());
        change(&mut parameters);
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        Leaf {
            chain: certificate.pem() + &self.pem,
            key: key.serialize_pem(),
            der: certificate.der().to_vec(),
            public_key: key.subject_public_key_info(),
        }
    }
}

impl Leaf {
    pub(crate) fn self_signed(names: &[&str]) -> Self {
        Self::self_signed_as(names, |_| {})
    }

    pub(crate) fn self_signed_as(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters =
            dated(CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap());
        change(&mut parameters);
        let certificate = parameters.self_signed(&key).unwrap();
        Self {
            chain: certificate.pem(),
            key: key.serialize_pem(),
            der: certificate.der().to_vec(),
            public_key: key.subject_public_key_info(),
        }
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity::from_pem(self.chain.as_bytes(), self.key.as_bytes()).unwrap()
    }

    pub(crate) fn server(&self) -> ServerTls {
        ServerTls::new(self.identity())
    }
}

pub(crate) fn expired(parameters: &mut CertificateParams) {
    parameters.not_after = date_time_ymd(2026, 6, 30);
}

/// As `openssl req -x509` makes them.
pub(crate) fn authority(parameters: &mut CertificateParams) {
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

pub(crate) fn for_clients(parameters: &mut CertificateParams) {
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

fn dated(mut parameters: CertificateParams) -> CertificateParams {
    parameters.not_before = date_time_ymd(2026, 1, 1);
    parameters.not_after = date_time_ymd(2027, 1, 1);
    parameters
}
