# Ruby's Net::SMTP as a client with the options of `passerelle send`, exit codes too.

require "net/smtp"
require "optparse"

options = { rcpt: [], tls: "none" }
OptionParser.new do |parser|
  parser.on("--to ADDRESS") { |value| options[:to] = value }
  parser.on("--from M") { |value| options[:from] = value }
  parser.on("--rcpt M") { |value| options[:rcpt] << value }
  parser.on("--tls WHEN") { |value| options[:tls] = value }
  parser.on("--ca FILE") { |value| options[:ca] = value }
  parser.on("--tls-name N") { |value| options[:tls_name] = value }
  parser.on("--auth USER") { |value| options[:auth] = value }
  parser.on("--auth-mechanism M") { |value| options[:mechanism] = value }
end.parse!

host, port = options[:to].split(":")
smtp = Net::SMTP.new(host, port.to_i)
# The certificate is for another name than the loopback's.
smtp.tls_hostname = options[:tls_name] if options[:tls_name]
if options[:tls] != "none"
  context = OpenSSL::SSL::SSLContext.new
  context.set_params(ca_file: options[:ca])
  options[:tls] == "implicit" ? smtp.enable_tls(context) : smtp.enable_starttls(context)
else
  smtp.disable_starttls
end
login = { helo: "client.test" }
if options[:auth]
  user, file = options[:auth].split(":", 2)
  login.merge!(user: user, secret: File.read(file).chomp, authtype: options[:mechanism].downcase.to_sym)
end
message = File.binread(ARGV.fetch(0))
begin
  smtp.start(**login) do
    parameters = []
    parameters << "BODY=8BITMIME" if smtp.capable?("8BITMIME") && !message.ascii_only?
    parameters << "SMTPUTF8" unless [options[:from], *options[:rcpt]].all?(&:ascii_only?)
    smtp.send_message(message, Net::SMTP::Address.new(options[:from], *parameters), *options[:rcpt])
  end
rescue Net::SMTPServerBusy => error
  warn error.message
  exit 3
rescue Net::ProtoFatalError, Net::ProtoSyntaxError, Net::SMTPAuthenticationError => error
  warn error.message
  exit 1
end
