#include "bigquery/auth/subject_program.h"

#include <optional>
#include <utility>

#include "bigquery/auth/token.h"

namespace salvor::bigquery::auth {
namespace {

constexpr const char* kAllowVariable = "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES";
constexpr int64_t kMaxBytes = int64_t{256} << 10U;
// Google's bounds, https://google.aip.dev/auth/4117.
constexpr int64_t kUsualMillis = 30'000;
constexpr int64_t kFewestMillis = 5'000;
constexpr int64_t kMostMillis = 120'000;

struct Program {
  std::vector<std::string> words;
  Millis timeout{kUsualMillis};
  std::string output_file;  // where it leaves its answer for the next time; "" for nowhere
};

// Answers have version, success, and token_type with id_token or saml_response, or code and
// message.
class FromProgram final : public SubjectTokens {
 public:
  FromProgram(const Outside& outside, Program program, SubjectContext context, std::string where)
      : outside_(outside),
        program_(std::move(program)),
        context_(std::move(context)),
        where_(std::move(where)) {}

  Result<Secret> Read() override {
    if (auto kept = ReadKept()) return std::move(*kept);
    io::Command command;
    command.words = program_.words;
    command.variables = Variables();
    command.timeout = program_.timeout;
    command.max_output_bytes = kMaxBytes;
    auto result = outside_.processes.Run(command);
    if (!result) {
      Error error = std::move(result).error();
      return Fail(std::move(error).Next("It is named by " + where_));
    }
    const Secret output(std::move(result->output));
    if (result->exit_code != 0) {
      return Fail(Code::kPermission,
                  "the program ended with exit code " + std::to_string(result->exit_code), Place(),
                  "Run it by hand to see why");
    }
    if (output.Empty()) {
      if (auto kept = ReadKept()) return std::move(*kept);
    }
    return Understand(output.Reveal(), /*must_expire=*/!program_.output_file.empty());
  }

 private:
  [[nodiscard]] std::string Place() const { return program_.words.front() + ", " + where_; }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Variables() const {
    std::vector<std::pair<std::string, std::string>> variables{
        {"GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE", context_.audience},
        {"GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE", context_.token_type},
        {"GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE", "0"}};
    if (!context_.impersonated_email.empty()) {
      variables.emplace_back("GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL",
                             context_.impersonated_email);
    }
    if (!program_.output_file.empty()) {
      variables.emplace_back("GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE", program_.output_file);
    }
    return variables;
  }

  // What the program left the last time, if it can still be used.
  std::optional<Secret> ReadKept() {
    if (program_.output_file.empty()) return std::nullopt;
    auto bytes = outside_.files.ReadFile(program_.output_file, kMaxBytes);
    if (!bytes) return std::nullopt;
    const Secret text(std::move(bytes).value());
    auto token = Understand(text.Reveal(), /*must_expire=*/true);
    if (!token) return std::nullopt;
    return std::move(*token);
  }

  [[nodiscard]] Result<Secret> Understand(const std::string& bytes, bool must_expire) const {
    SALVOR_TRY(const Document answer, Document::Parse(bytes, Code::kCorrupt, Place()));
    SALVOR_TRY(const int64_t version, answer.Integer("version"));
    if (version != 1) return Fail(Code::kUnsupported, "an answer of another version", Place());
    SALVOR_TRY(const bool success, answer.Flag("success"));
    if (!success) {
      return Fail(Code::kPermission, "the program says that it has no token", Place(),
                  "Run it by hand to see why");
    }
    if (must_expire || answer.Has("expiration_time")) {
      SALVOR_TRY(const int64_t expires, answer.Integer("expiration_time"));
      if (expires <= MillisOf(outside_.clock.Now()) / 1'000) {
        return Fail(Code::kPermission, "the program's token has expired", Place());
      }
    }
    SALVOR_TRY(const std::string type, answer.Text("token_type"));
    const bool saml = type == "urn:ietf:params:oauth:token-type:saml2";
    if (!saml && type != "urn:ietf:params:oauth:token-type:jwt" &&
        type != "urn:ietf:params:oauth:token-type:id_token") {
      return Fail(Code::kUnsupported, "a token_type that is neither OIDC nor SAML 2.0", Place());
    }
    SALVOR_TRY(std::string token, answer.Text(saml ? "saml_response" : "id_token"));
    return Secret(std::move(token));
  }

  const Outside outside_;
  const Program program_;
  const SubjectContext context_;
  const std::string where_;
};

}  // namespace

Result<std::vector<std::string>> SplitCommand(std::string_view line) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = '\0';
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quote == '\0' && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == quote) {
      quote = '\0';
      continue;
    }
    if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
      continue;
    }
    // Between '…' a backslash is itself; between "…" it is so before anything but \ and ".
    const bool escape = c == '\\' && quote != '\'' && i + 1 < line.size() &&
                        (quote == '\0' || line[i + 1] == '"' || line[i + 1] == '\\');
    if (escape) c = line[++i];
    words.back() += c;
  }
  if (quote != '\0') return Fail(Code::kInvalidArgument, "a quotation that does not end");
  if (words.empty() || words.front().empty()) return Fail(Code::kInvalidArgument, "no program");
  return words;
}

Result<std::unique_ptr<SubjectTokens>> MakeSubjectProgram(const Outside& outside,
                                                          const Document& source,
                                                          SubjectContext context) {
  SALVOR_TRY(const Document executable, source.Object("executable"));
  SALVOR_TRY(const std::string line, executable.Text("command"));
  auto words = SplitCommand(line);
  if (!words) return Fail(source.Wrong("credential_source.executable: " + words.error().what));
  if (outside.environment.ValueOf(kAllowVariable) != "1") {
    return Fail(Code::kRefused, "the file wants a program to be run: " + words->front(),
                source.Where(),
                std::string("If you trust whoever wrote the file, set ") + kAllowVariable + "=1");
  }
  Program program;
  program.words = std::move(*words);
  if (executable.Has("timeout_millis")) {
    SALVOR_TRY(const int64_t millis, executable.Integer("timeout_millis"));
    if (millis < kFewestMillis || millis > kMostMillis) {
      return Fail(source.Wrong("timeout_millis is not between 5,000 and 120,000"));
    }
    program.timeout = Millis(millis);
  }
  SALVOR_TRY(program.output_file, executable.OptionalText("output_file"));
  return std::make_unique<FromProgram>(outside, std::move(program), std::move(context),
                                       source.Where());
}

}  // namespace salvor::bigquery::auth
