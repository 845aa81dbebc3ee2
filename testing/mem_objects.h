// One bucket of S3 in memory, at the seam to the network: what speaks S3 is tested with its own
// words against a store that keeps the conditions, and that fails when it is told to.
//
// It answers what S3 documents for the requests that salvor makes, and refuses all others: another
// bucket, no signature, a body that is not the one that was signed for, a query or header that it
// does not know. Signatures themselves are not checked here; the judge with SeaweedFS does that.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "http/client.h"
#include "io/clock.h"

namespace salvor::testing {

class MemObjects final : public http::Client {
 public:
  static constexpr const char* kEndpoint = "http://127.0.0.1:1";  // nobody is there
  static constexpr const char* kBucket = "lake";

  struct Object {
    std::string bytes;
    std::string etag;
    std::string version;  // "null" where the bucket keeps none
    Instant modified;
    std::map<std::string, std::string> headers;  // as it was given them, names in lower case
    std::string tags;                            // "a=1&b=2"
    bool marker = false;
  };

  // What happens to a request instead of its answer.
  enum class Fault {
    kLostBefore,   // the connection ends, and nothing was done
    kLostAfter,    // the same, and it was done
    kConflict,     // 409, nothing was done
    kTooMany,      // 429, nothing was done
    kUnavailable,  // 503, nothing was done
    kHalfBody,     // done; the answer's body is cut
    kErrorInside,  // 200 with an error in its body, nothing was done
    kExpired,      // 400 ExpiredToken, nothing was done
  };

  struct Seen {
    std::string method;
    std::string key;
    std::string query;  // as it was sent
    std::vector<http::Header> headers;
  };

  // The clock outlives it; it gives objects their times.
  explicit MemObjects(const io::Clock& clock) : clock_(clock) {}

  Result<http::Response> Send(const http::Request& request) override;

  // As a person or another program does it: unconditionally, and not counted.
  void Put(const std::string& key, std::string bytes,
           std::map<std::string, std::string> headers = {}, std::string tags = {});
  void Delete(const std::string& key);
  [[nodiscard]] std::optional<Object> Find(const std::string& key) const;
  [[nodiscard]] size_t VersionsOf(const std::string& key) const;
  void KeepVersions() { keeps_versions_ = true; }
  void SetPageSize(size_t size) { page_size_ = size; }
  // "eu-west-1": requests that are signed for another region are sent there.
  void SetRegion(std::string region) { region_ = std::move(region); }

  // The next request of this method that none of the faults before took has this one.
  void FailNext(const std::string& method, Fault fault, int times = 1);
  // Before the next request of this method is looked at.
  void BeforeNext(const std::string& method, std::function<void()> act);

  [[nodiscard]] std::vector<Seen> Requests() const;
  [[nodiscard]] size_t Count() const { return Requests().size(); }
  void ForgetRequests();

 private:
  using Query = std::map<std::string, std::string>;
  struct Upload {
    std::string key;
    std::map<std::string, std::string> headers;
    std::map<int, std::pair<std::string, std::string>> parts;  // number -> etag, bytes
  };
  struct Asked {
    std::string method;
    std::string key;
    Query query;
    std::map<std::string, std::string> headers;  // names in lower case
    const std::string* body = nullptr;
    [[nodiscard]] std::string Header(const std::string& name) const;
    [[nodiscard]] bool Has(const std::string& name) const { return query.contains(name); }
  };

  static std::optional<Asked> Read(const http::Request& request);
  std::optional<Fault> TakeFault(const std::string& method);
  http::Response Answer(const Asked& asked);
  http::Response AnswerBucket(const Asked& asked);
  http::Response AnswerList(const Asked& asked);
  http::Response AnswerVersions(const Asked& asked);
  http::Response AnswerRead(const Asked& asked);
  http::Response AnswerTags(const Asked& asked);
  http::Response AnswerPut(const Asked& asked);
  http::Response AnswerCopy(const Asked& asked);
  http::Response AnswerPart(const Asked& asked);
  http::Response AnswerUploads(const Asked& asked);
  http::Response AnswerDelete(const Asked& asked);

  // Of a key and, unless it is "", a version; null where it is absent or deleted.
  [[nodiscard]] const Object* At(const std::string& key, const std::string& version = {}) const;
  [[nodiscard]] bool MayCreate(const Asked& asked) const;
  // The source that a copy names, or why it may not be copied.
  const Object* SourceOf(const Asked& asked, http::Response& refusal) const;
  Object& Add(const std::string& key, Object object);

  const io::Clock& clock_;
  mutable std::recursive_mutex mutex_;
  std::map<std::string, std::deque<Object>> objects_;  // of each the newest first
  std::map<std::string, Upload> uploads_;
  std::deque<std::pair<std::string, Fault>> faults_;
  std::deque<std::pair<std::string, std::function<void()>>> acts_;
  std::vector<Seen> seen_;
  bool keeps_versions_ = false;
  size_t page_size_ = 1'000;
  std::string region_;
  int64_t next_ = 1;  // version, upload
};

}  // namespace salvor::testing
