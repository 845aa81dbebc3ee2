// SSHSIG signatures through the system's `ssh-keygen -Y`, as git makes and checks them: so agents,
// hardware keys, certificates and allowed_signers files work as people know them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "io/process.h"

namespace salvor::custody {

// A signature made for anything else, a commit or a file, does not count, and ours not there.
inline constexpr const char* kNamespace = "salvor-plan";

// Where it is looked for, unless salvor.yaml names another place: never by PATH, in which anybody
// who sets a variable could put a program that calls every signature good.
inline constexpr const char* kSshKeygen = "/usr/bin/ssh-keygen";

// The bytes of the files that say whose key is whose.
struct Signers {
  std::string allowed;                 // allowed_signers, as ssh-keygen(1) describes it
  std::optional<std::string> revoked;  // keys, a line each, or a KRL
};

// Who made a signature, as far as allowed_signers knows.
struct Signer {
  std::string key;  // "SHA256:...", of the plain key also where it has a certificate
  // Everybody whom the same key may speak for, the asked-for one among them.
  std::vector<std::string> principals;
};

// "" if the name can stand in a statement and be looked up without surprises; else what is wrong: a
// pattern, a list, white space, a control character, too long.
std::string NameProblem(std::string_view who);

// The lines of an allowed_signers file that say something, without white space around them.
std::vector<std::string> SignerLines(std::string_view allowed);

class SshKeygen {
 public:
  // `program` is an absolute path.
  SshKeygen(io::Processes& processes, std::string program)
      : processes_(processes), program_(std::move(program)) {}

  // The armored signature over `message`, with a private key's file, or a public key's whose other
  // half an agent or a hardware key has (SSH_AUTH_SOCK is passed on). `may_ask`: it may ask for a
  // passphrase or a touch, on the terminal or by the program of SSH_ASKPASS, for minutes. The
  // message goes in by standard input: with a file, a stale FILE.sig beside it would pass for a new
  // signature. kPermission: no signature, in ssh-keygen's own words; kNotFound: there is no
  // ssh-keygen.
  Result<std::string> Sign(const std::string& key_file, const std::string& message, bool may_ask);

  // Whether `who` signed exactly these bytes in our namespace with a key that was good at that
  // instant. kRefused says why not: unknown signer, expired, revoked, another namespace, other
  // bytes, or a name that allowed_signers has only as a pattern (a key for `*@example.com` could
  // sign as anybody there).
  Result<Signer> Verify(const std::string& message, const std::string& signature,
                        const std::string& who, Instant at, const Signers& signers);

 private:
  Result<std::vector<std::string>> PrincipalsOf(const std::string& signature, Instant at,
                                                const Signers& signers);

  [[nodiscard]] io::Command CommandOf(std::vector<std::string> words) const;
  Result<io::CommandResult> Run(const io::Command& command);

  io::Processes& processes_;
  std::string program_;
};

}  // namespace salvor::custody
