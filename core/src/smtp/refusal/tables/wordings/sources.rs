//! The documents and source files that the shared wordings were read in.

use super::super::{Group, Rule};

/// The day on which they were read.
pub(super) const SEEN: &str = "2026-11-28";

/// A group of rules out of one source.
pub(super) const fn of(source: &'static str, rules: &'static [Rule]) -> Group {
    Group { source, date: SEEN, rules }
}

// Programs, by the file that has the words.

pub(super) const POSTFIX: &str = "Postfix 3.7.11, src/smtpd/smtpd.c (github.com/vdukhovni/postfix)";
pub(super) const POSTFIX_CHECK: &str = "Postfix 3.7.11, src/smtpd/smtpd_check.c (github.com/vdukhovni/postfix)";
pub(super) const POSTFIX_SASL: &str =
    "Postfix 3.7.11, src/smtpd/smtpd_sasl_glue.c and smtpd_sasl_proto.c (github.com/vdukhovni/postfix)";
pub(super) const POSTFIX_CLEANUP: &str = "Postfix 3.7.11, src/global/cleanup_strerror.c (github.com/vdukhovni/postfix)";
pub(super) const POSTFIX_SCREEN: &str =
    "Postfix 3.7.11, src/postscreen/postscreen_send.c (github.com/vdukhovni/postfix)";
pub(super) const POSTFIX_REWRITE: &str = "Postfix 3.7.11, src/trivial-rewrite/resolve.c (github.com/vdukhovni/postfix)";
pub(super) const POSTFIX_DNS: &str = "Postfix 3.7.11, src/dns/dns_lookup.c (github.com/vdukhovni/postfix)";
pub(super) const POSTFIX_CLIENT: &str =
    "Postfix 3.7.11, src/smtp/smtp_addr.c and smtp_proto.c (github.com/vdukhovni/postfix)";
pub(super) const EXIM: &str = "Exim 4.96, src/smtp_in.c (github.com/Exim/exim)";
pub(super) const EXIM_RECEIVE: &str = "Exim 4.96, src/receive.c (github.com/Exim/exim)";
pub(super) const EXIM_DELIVER: &str = "Exim 4.96, src/deliver.c, retry.c and verify.c (github.com/Exim/exim)";
pub(super) const EXIM_ACL: &str = "Exim 4.96, src/acl.c and src/convert4r4.src; specification (www.exim.org)";
pub(super) const EXIM_ROUTE: &str = "Exim 4.96, src/route.c and src/parse.c; specification (www.exim.org)";
pub(super) const EXIM_LIST: &str = "What the Exim of nongnu.org answers: Get \"Message headers fail syntax check\" error when using git-send-email \
    (qemu-devel, 2025-05-28)";
pub(super) const EXIM_LOG: &str = "Exim 4.96, src/log.c (github.com/Exim/exim)";
pub(super) const SENDMAIL: &str = "Sendmail 8.17.1, sendmail/srvrsmtp.c (www.sendmail.org)";
pub(super) const SENDMAIL_CF: &str = "Sendmail 8.17.1, cf/m4/proto.m4 (www.sendmail.org)";
pub(super) const SENDMAIL_DELIVER: &str =
    "Sendmail 8.17.1, sendmail/deliver.c, collect.c, envelope.c, err.c and usersmtp.c (www.sendmail.org)";
pub(super) const SENDMAIL_EXIT: &str = "Sendmail 8.17.1, libsm/strexit.c (www.sendmail.org)";
pub(super) const OPENSMTPD: &str = "OpenSMTPD 6.8.0p2, usr.sbin/smtpd/smtp_session.c (github.com/OpenSMTPD/OpenSMTPD)";
pub(super) const OPENSMTPD_CODES: &str = "OpenSMTPD 6.8.0p2, usr.sbin/smtpd/esc.c (github.com/OpenSMTPD/OpenSMTPD)";
pub(super) const DOVECOT: &str = "Dovecot 2.3.19, src/lib-smtp/smtp-server-command.c (github.com/dovecot/core)";
pub(super) const DOVECOT_LMTP: &str = "Dovecot 2.3.19, src/lmtp/lmtp-local.c (github.com/dovecot/core)";
pub(super) const DOVECOT_LOGIN: &str = "Dovecot 2.3.19, src/login-common/sasl-server.c (github.com/dovecot/core)";
pub(super) const CYRUS: &str = "Cyrus IMAP 3.6.1, imap/lmtpengine.c and lmtp_err.et (github.com/cyrusimap/cyrus-imapd)";
pub(super) const HARAKA: &str = "Haraka 3.3.4, connection.js (github.com/haraka/Haraka)";
pub(super) const QMAIL: &str = "qmail, qmail-smtpd.c (github.com/notqmail/notqmail)";
pub(super) const QMAIL_SAGREDO: &str = "qmail with patches, qmail-smtpd.c (github.com/sagredo-dev/qmail)";
pub(super) const POSTGREY: &str = "Postgrey 1.37, postgrey (postgrey.schweikert.ch)";
pub(super) const RSPAMD: &str = "Rspamd 3.4, src/plugins/lua/ratelimit.lua (github.com/rspamd/rspamd)";
pub(super) const SENDMAIL_DAEMON: &str = "Sendmail 8.17.1, sendmail/daemon.c (www.sendmail.org)";
pub(super) const PLAN9: &str = "Plan 9, sys/src/cmd/upas/smtp/smtpd.c (github.com/9front/9front)";
pub(super) const STALWART: &str = "Stalwart, crates/smtp/src/inbound/rcpt.rs (github.com/stalwartlabs/mail-server)";
pub(super) const MOMENTUM: &str = "Momentum, Responses Sorted by Message (github.com/SparkPost/developers.sparkpost.com, web-ref/responses-by-message.md)";
pub(super) const HMAILSERVER: &str =
    "hMailServer, error messages (www.hmailserver.com/documentation/v4.4/?page=reference_error_messages)";
pub(super) const ORACLE: &str =
    "Oracle Communications Messaging Server, as logged (github.com/fail2ban/fail2ban, config/filter.d/oracleims.conf)";
pub(super) const QPSMTPD: &str = "qpsmtpd 0.94, lib/Qpsmtpd/Auth.pm (github.com/smtpd/qpsmtpd)";
pub(super) const GEN_SMTP: &str = "gen_smtp, src/gen_smtp_server_session.erl (github.com/gen-smtp/gen_smtp)";
pub(super) const GO_SMTP: &str = "go-smtp, conn.go (github.com/emersion/go-smtp)";
pub(super) const KUMO_MTA: &str = "KumoMTA, crates/kumod/src/smtp_server.rs (github.com/KumoCorp/kumomta)";
pub(super) const INDIMAIL: &str = "indimail-mta, indimail-mta-x/smtpd.c (github.com/indimail/indimail-mta)";
pub(super) const INDIMAIL_QUEUE: &str = "indimail-mta, indimail-mta-x/qmail.c (github.com/indimail/indimail-mta)";
pub(super) const MODOBOA: &str = "Modoboa 2.12.0, modoboa/policyd/core.py (github.com/modoboa/modoboa)";
pub(super) const HARAKA_HEADERS: &str =
    "haraka-plugin-headers 1.2.0, index.js (github.com/haraka/haraka-plugin-headers)";

// Standards and providers' documents.

pub(super) const RFC_5321: &str = "RFC 5321, Simple Mail Transfer Protocol, §4.2";
pub(super) const RFC_7505: &str =
    "RFC 7505, A \"Null MX\" No Service Resource Record for Domains That Accept No Mail, §4.2";
pub(super) const GOOGLE: &str = "Gmail SMTP errors and codes (support.google.com/a/answer/3726730)";
pub(super) const EXCHANGE_ONLINE: &str = "Email non-delivery reports and SMTP errors in Exchange Online \
    (learn.microsoft.com/exchange/troubleshoot/email-delivery/ndr/non-delivery-reports-in-exchange-online)";
pub(super) const EXCHANGE: &str =
    "How To Fix 535 5.7.3, Authentication Unsuccessful (emailwarmup.com/blog/email-errors), on Microsoft's servers";
pub(super) const IANA: &str = "IANA, SMTP Enhanced Status Codes (www.iana.org/assignments/smtp-enhanced-status-codes)";
pub(super) const SES: &str =
    "Amazon SES, SMTP response codes returned by Amazon SES (docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html)";
pub(super) const SENDGRID: &str = "SendGrid, SMTP Errors and Troubleshooting \
    (www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-errors-and-troubleshooting)";
pub(super) const COREMAIL: &str = "Coremail, support, returned mail (www.icoremail.vip/support)";
pub(super) const EMAILHOST: &str = "Common questions on returned mail (www.emailhost.com.cn/service.html)";
pub(super) const QQ: &str = "QQ Mail help center, reasons of returned mail (service.mail.qq.com/detail/122)";
pub(super) const CPANEL: &str =
    "cPanel & WHM, WHM API 1, emailtrack_search, the example of a message (api.docs.cpanel.net)";
pub(super) const OUTLOOK: &str =
    "I receive a 550, 553, or relay prohibited error when sending email messages (support.office.com)";
pub(super) const ZOHO: &str = "ZeptoMail, SMTP Error Codes (www.zoho.com/zeptomail/help/api/smtp-error-codes.html)";
pub(super) const NETEASE: &str =
    "NetEase Mail help center, common questions on returned mail of companies (help.mail.163.com)";
pub(super) const EMAILIT: &str = "Emailit, SMTP troubleshooting (emailit.com/docs/smtp/troubleshooting)";
pub(super) const AFTEROFFICE: &str =
    "AfterOffice, SMTP Error: Please authenticate before sending email (afteroffice.com/support, faq:email)";
pub(super) const POP_FIRST: &str = "OpenVAS, a check of relays, which knows the reply \"Relaying denied. Please check your mail first.\"; \
    Check incoming mail before you send, on POP before SMTP (support.tigertech.net/check-before-send)";
pub(super) const TMAIL: &str =
    "Siemens, STEP 7, description of TMAIL_C as of version V4.0 (S7-1200, S7-1500): what MS_STATUS shows of replies";
pub(super) const POSTFWD: &str = "postfwd 1.35, manual (postfwd.org)";
pub(super) const Q304897: &str =
    "Q304897: XIMS: Microsoft SMTP Servers May Seem to Accept and Relay E-Mail (Microsoft Knowledge Base)";
pub(super) const MOMENTUM_LIMIT: &str =
    "Momentum, Stop a non whitelisted host from succeeding a connection to Momentum, an example in Lua";
pub(super) const NOT_VERIFIED: &str = "Why am I getting a 550 Sender Not Verified error for a small percentage of recipients with a correct \
    return path? (www.suped.com/learn/email-deliverability)";

// What people were answered, in their own reports.

pub(super) const MAIL_RU: &str = "SMTP ERROR, on Mail.ru (github.com/lmanukyan/print-designer/issues/5)";
pub(super) const MAILHOP: &str =
    "adding records, Server Platforms, 2011-12-18, on Dyn's MailHop Outbound (Ubuntu Forums)";

// Collections of replies as servers give them.

pub(super) const COLLECTIONS: &str =
    "Sisimai, bounce reasons (libsisimai.org/en/reason); ZoneMTA, bounce rules (github.com/zone-eu/zone-mta)";
pub(super) const SISIMAI: &str =
    "Sisimai, lib/Sisimai/Reason (github.com/sisimai/p5-sisimai) and reason (github.com/sisimai/go-sisimai)";
pub(super) const SISIMAI_HOSTS: &str = "Sisimai, lib/Sisimai/Rhost and Lhost (github.com/sisimai/p5-sisimai)";
pub(super) const ZONE_MTA: &str =
    "ZoneMTA 3.10.3, config/bounces.txt and lib/smtp-interface.js (github.com/zone-eu/zone-mta)";
pub(super) const BOUNCES: &str = "Bounce processing, src/BounceClassifier.php (github.com/polst/bounce-processing)";
pub(super) const BOUNCEFETCH: &str = "Bouncefetch, config/rules.rb (github.com/2called-chaos/bouncefetch)";
pub(super) const BMH: &str =
    "Bounce Mail Handler, src/BounceMailHandler/phpmailer-bmh_rules.php (github.com/voku/PHPMailer-BMH)";
pub(super) const STATISTICS: &str =
    "BounceStatisticsPlugin for phpList by Duncan Cameron, mappings of the bounce reasons";
/// A list of what one Chinese mail system answers, with what each means.
pub(super) const CHINESE: &str = "SMTP replies with their meaning (blog.sina.com.cn/s/blog_8dc13ec50101fxxr.html)";
