// The token of another identity provider, which is exchanged for one of Google's.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "bigquery/auth/document.h"
#include "bigquery/auth/outside.h"
#include "bigquery/auth/secret.h"

namespace salvor::bigquery::auth {

class SubjectTokens {
 public:
  virtual ~SubjectTokens() = default;
  // The provider's token as it is now; read anew each time, since providers rotate it. Its text is
  // not to be trusted, but it is not empty.
  virtual Result<Secret> Read() = 0;
};

// What an external_account file tells the program that it names (variables
// GOOGLE_EXTERNAL_ACCOUNT_*).
struct SubjectContext {
  std::string audience;
  std::string token_type;
  std::string impersonated_email;  // "" without impersonation
};

// From the file's credential_source: {file}, {url, headers} or {executable: {command,
// timeout_millis, output_file}}; the first two with format {type: text | json,
// subject_token_field_name}. kRefused: a program without
// GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1, or an address (bigquery/auth/address.h);
// kUnsupported, by name: the sources of AWS and X.509.
Result<std::unique_ptr<SubjectTokens>> MakeSubjectTokens(const Outside& outside,
                                                         const Document& source,
                                                         SubjectContext context);

}  // namespace salvor::bigquery::auth
