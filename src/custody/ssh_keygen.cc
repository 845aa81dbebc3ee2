#include "custody/ssh_keygen.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "io/terminal.h"

namespace salvor::custody {
namespace {

constexpr size_t kLongestName = 200;
constexpr size_t kMostLines = 64;  // that one key may stand in
constexpr int kStandardError = 2;
constexpr Millis kPatience{20'000};
constexpr Millis kPatienceWithPeople{300'000};

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = Trim(text.substr(0, end));
    if (!line.empty()) lines.emplace_back(line);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

// The time as ssh-keygen reads it under TZ=UTC: 20261122190000.
std::string VerifyTime(Instant at) {
  std::string digits;
  for (const char c : FormatInstant(at).substr(0, 19)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return "-Overify-time=" + digits;
}

std::string Decoded(std::string base64) {
  if (base64.empty() || base64.size() % 4 != 0) return {};
  const auto padding = static_cast<size_t>(std::count(base64.end() - 2, base64.end(), '='));
  std::string bytes(base64.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  if (size < 0) return {};
  bytes.resize(static_cast<size_t>(size) - padding);
  return bytes;
}

std::string Encoded(std::string_view bytes) {
  std::string base64((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  base64.resize(static_cast<size_t>(size));
  return base64;
}

// The signer's public key as allowed_signers spells it, out of "SSHSIG", a version, the key as a
// string with its length (PROTOCOL.sshsig). "" if this is no signature; then nothing matches it.
std::string KeyIn(const std::string& armored) {
  constexpr size_t kHead = 10;
  std::string base64;
  for (const std::string& line : Lines(armored)) {
    if (!line.starts_with('-')) base64 += line;
  }
  const std::string bytes = Decoded(std::move(base64));
  if (bytes.size() < kHead + 4 || !bytes.starts_with("SSHSIG")) return {};
  size_t size = 0;
  for (size_t i = 0; i < 4; ++i) size = size * 256 + static_cast<unsigned char>(bytes[kHead + i]);
  if (size > bytes.size() - kHead - 4) return {};
  return Encoded(std::string_view(bytes).substr(kHead + 4, size));
}

// Why there is no signature, in ssh-keygen's own words.
std::string Complaint(const io::CommandResult& result) {
  std::string text;
  for (const std::string& line : Lines(result.errors)) {
    if (line.starts_with("Signing data on")) continue;
    text += (text.empty() ? "" : "; ") + line;
  }
  if (text.empty()) text = FirstLine(result.output);
  return text.empty() ? fmt::format("it ended with {}", result.exit_code) : text;
}

}  // namespace

std::string NameProblem(std::string_view who) {
  if (who.empty()) return "it is empty";
  if (who.size() > kLongestName) return "it is too long";
  if (who.front() == '-') return "it begins with a dash";
  for (const char c : who) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return "it holds white space";
    if (std::string_view("*?!,\"'\\").find(c) != std::string_view::npos) {
      return fmt::format("it holds {}, so it is a pattern or a list", c);
    }
  }
  return {};
}

std::vector<std::string> SignerLines(std::string_view allowed) {
  std::vector<std::string> lines = Lines(allowed);
  std::erase_if(lines, [](const std::string& line) { return line.starts_with('#'); });
  return lines;
}

io::Command SshKeygen::CommandOf(std::vector<std::string> words) const {
  io::Command command;
  command.words = std::move(words);
  command.words.insert(command.words.begin(), program_);
  command.variables = {{"TZ", "UTC"}, {"LC_ALL", "C"}};
  command.timeout = kPatience;
  return command;
}

Result<io::CommandResult> SshKeygen::Run(const io::Command& command) {
  auto result = processes_.Run(command);
  if (!result && result.error().code == Code::kNotFound) {
    return Fail(Code::kNotFound, "ssh-keygen is not there", program_,
                "Install OpenSSH's client (8.9 or newer), or name it in salvor.yaml: "
                "review: {ssh_keygen: /absolute/path}");
  }
  return result;
}

Result<std::string> SshKeygen::Sign(const std::string& key_file, const std::string& message,
                                    bool may_ask) {
  io::Command command = CommandOf({"-q", "-Y", "sign", "-n", kNamespace, "-f", key_file});
  command.input = message;
  command.at_terminal = may_ask;
  if (may_ask) {
    command.timeout = kPatienceWithPeople;
    // That a hardware key wants to be touched, it says there.
    command.shows_errors = io::IsTerminal(kStandardError);
  } else {
    command.variables.emplace_back("SSH_ASKPASS_REQUIRE", "never");
  }
  SALVOR_TRY(io::CommandResult result, Run(command));
  if (result.exit_code != 0 || !result.output.starts_with("-----BEGIN SSH SIGNATURE-----")) {
    const std::string why = command.shows_errors ? "it says why above" : Complaint(result);
    return Fail(Code::kPermission, "ssh-keygen made no signature: " + why, key_file,
                "Name a private key, or a public key that ssh-agent has the other half of");
  }
  return std::move(result.output);
}

Result<Signer> SshKeygen::Verify(const std::string& message, const std::string& signature,
                                 const std::string& who, Instant at, const Signers& signers) {
  if (const std::string problem = NameProblem(who); !problem.empty()) {
    return Fail(Code::kRefused, "'" + who + "' is no name of a signer: " + problem);
  }
  io::Command command = CommandOf({"-Y", "verify", "-n", kNamespace, "-I", who, VerifyTime(at),
                                   "-f", "allowed", "-s", "signature"});
  command.input = message;
  command.files = {{9, signers.allowed}, {11, signature}};
  if (signers.revoked) {
    command.words.insert(command.words.end(), {"-r", "revoked"});
    command.files.emplace_back(13, *signers.revoked);
  }
  SALVOR_TRY(const io::CommandResult result, Run(command));
  if (result.exit_code != 0 && signers.revoked) {
    // ssh-keygen does not say that it was for this.
    auto otherwise = Verify(message, signature, who, at, {signers.allowed, std::nullopt});
    if (!otherwise) return otherwise;
    return Fail(Code::kRefused, fmt::format("the key of {} was revoked", who));
  }
  if (result.exit_code != 0) {
    return Fail(Code::kRefused,
                fmt::format("the signature of {} does not count: {}", who, Complaint(result)));
  }
  const std::string said = FirstLine(result.output);
  Signer signer{said.substr(said.rfind(' ') + 1), {}};
  if (!signer.key.starts_with("SHA256:")) {
    return Fail(Code::kUnsupported, "ssh-keygen says in an unknown way whose key it was: " + said);
  }
  SALVOR_TRY(signer.principals, PrincipalsOf(signature, at, signers));
  const auto& names = signer.principals;
  if (std::find(names.begin(), names.end(), who) == names.end()) {
    return Fail(Code::kRefused,
                fmt::format("allowed_signers knows the key of {} only by a pattern, so it could "
                            "sign as others too",
                            who),
                {}, "Name the person there, or use a certificate");
  }
  return signer;
}

// ssh-keygen answers for the first line that fits; a key that stands in several is found only by
// asking for each alone.
Result<std::vector<std::string>> SshKeygen::PrincipalsOf(const std::string& signature, Instant at,
                                                         const Signers& signers) {
  const std::string key = KeyIn(signature);
  std::vector<std::string> lines = SignerLines(signers.allowed);
  std::erase_if(lines, [&](const std::string& line) {
    return line.find("cert-authority") == std::string::npos &&
           (key.empty() || line.find(key) == std::string::npos);
  });
  if (lines.size() > kMostLines) {
    return Fail(
        Code::kUnsupported,
        fmt::format("more than {} lines of allowed_signers may be about one key", kMostLines));
  }
  std::vector<std::string> principals;
  for (const std::string& line : lines) {
    io::Command command =
        CommandOf({"-Y", "find-principals", VerifyTime(at), "-f", "allowed", "-s", "signature"});
    command.files = {{5, line + "\n"}, {7, signature}};
    SALVOR_TRY(const io::CommandResult result, Run(command));
    if (result.exit_code != 0) continue;
    for (std::string& name : Lines(result.output)) principals.push_back(std::move(name));
  }
  std::sort(principals.begin(), principals.end());
  principals.erase(std::unique(principals.begin(), principals.end()), principals.end());
  return principals;
}

}  // namespace salvor::custody
