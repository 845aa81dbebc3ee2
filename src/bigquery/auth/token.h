// Access tokens, and asking a token server for one.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/auth/document.h"
#include "bigquery/auth/outside.h"
#include "bigquery/auth/secret.h"
#include "http/client.h"

namespace salvor::bigquery::auth {

struct Token {
  Secret value;  // goes into a header: visible ASCII, without spaces
  Instant expires;
};

// One kind of credentials, as far as it differs from the others.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  // A new token, from wherever it comes. Never kOutcomeUnknown: asking twice does no harm, and is
  // left to the caller. Called by one thread at a time.
  virtual Result<Token> Fetch() = 0;
  // Who the bearer is, if the credentials say so; "" if not. As Credentials::Principal.
  virtual Result<std::string> Principal() = 0;
};

using Form = std::vector<std::pair<std::string_view, std::string_view>>;

// Posts the form and reads the answer {access_token, expires_in} (RFC 6749, sections 5.1 and 5.2).
// `where` names the file and the type; errors add the endpoint's host and the error code of the
// answer, and nothing else of it. kPermission: refused; kUnavailable: no answer, or a passing
// fault.
Result<Token> AskForToken(const Outside& outside, const std::string& url, const Form& form,
                          const std::vector<http::Header>& headers, const std::string& where);

// The body of a 200 to one of our questions, as an object; otherwise the error that AskForToken
// describes.
Result<Document> AskForDocument(http::Client& client, const http::Request& request,
                                const std::string& where);

// {access_token, expires_in, token_type}, asked for at `asked`.
Result<Token> ReadToken(const Document& answer, Instant asked);

// kCorrupt unless the text can stand in a header.
Result<Secret> CheckTokenText(std::string text, const std::string& where);

}  // namespace salvor::bigquery::auth
