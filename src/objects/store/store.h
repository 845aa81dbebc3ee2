// The seam to an object store: one bucket, its objects by key, and conditions that the store itself
// keeps. What it does not have, such as folders, links and modes, nobody makes up here.
//
// Three handles: a StoreReader cannot change anything; a StoreWriter only adds; a Store can also
// take away, and only what is still what the caller knows. Keys are bytes as the store has them,
// not escaped. Expected answers (absent, taken, changed) are values. Errors have the object's
// address in `where`: kPermission (403), kNotFound (no such bucket), kUnavailable (no answer, or
// "later" for too long), kUnsupported (an answer of no object store). Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace salvor::objects {

struct ObjectInfo {
  std::string key;
  int64_t size = 0;
  Instant modified;     // by the store's clock
  std::string etag;     // changes with the bytes; no digest of them
  std::string version;  // "" where the bucket keeps none, or the answer does not say
};

struct ListRequest {
  std::string prefix = {};       // of keys
  std::string start_after = {};  // only keys that come after this one
  std::string delimiter = {};  // keys are cut after the first one behind the prefix, and given once
  int page_size = 0;           // at most; 0 is the store's own
};

// In byte order of keys.
struct Page {
  std::vector<ObjectInfo> objects;
  std::vector<std::string> cut;  // by the delimiter, each with it
  std::string next;              // for NextPage; "": this was the last
};

// What a copy must carry on, besides bytes.
struct ObjectDetails {
  ObjectInfo info;
  std::map<std::string, std::string> metadata;  // the user's own, names in lower case
  std::map<std::string, std::string> headers;   // Content-Type and the like, names in lower case
  std::string write_id;                         // of CreateNew or CopyNew; "" for another's object
  std::string storage_class;                    // "" is the store's usual one
  std::string archived;  // "" where it can be read at once; else why not, for a person
};

struct VersionInfo {
  ObjectInfo info;
  bool latest = false;
  bool marker = false;  // says that the object was deleted; has neither size nor bytes
};

struct VersionPage {
  std::vector<VersionInfo> versions;  // by key, of each the newest first
  std::string next_key;               // for the next page; "": this was the last
  std::string next_version;
};

// Bytes of an object as it was when somebody looked.
struct Range {
  int64_t offset = 0;
  int64_t size = -1;  // -1: to the end
};

// A version of an object that a caller has seen: with a version the request names it, with an etag
// it is refused if the object has another by now.
struct Pinned {
  std::string key;
  std::string etag = {};
  std::string version = {};
};

struct Bytes {
  std::string bytes;
  std::string etag;
  int64_t total = 0;  // the size of the whole object
};

// What became of reading a pinned object.
enum class Gone { kAbsent, kChanged };

class StoreReader {
 public:
  virtual ~StoreReader() = default;

  // "s3://bucket", for messages.
  [[nodiscard]] virtual std::string Where() const = 0;
  // The first page, and the one that the page before named by `next`. One request each.
  virtual Result<Page> List(const ListRequest& request) = 0;
  virtual Result<Page> NextPage(const ListRequest& request, const std::string& next) = 0;
  // The version that is named, else the latest; nothing where there is no such object.
  virtual Result<std::optional<ObjectDetails>> Head(const std::string& key,
                                                    const std::string& version) = 0;
  // Exactly the bytes of the range, as far as the object has them (kCorrupt otherwise), or why
  // there are none. kCorrupt too for more than 256 MiB at once.
  virtual Result<tl::expected<Bytes, Gone>> Get(const Pinned& object, const Range& range) = 0;
  // Every version and delete marker below a prefix, page by page.
  virtual Result<VersionPage> Versions(const std::string& prefix, const std::string& after_key,
                                       const std::string& after_version) = 0;
  // A URL by which anybody reads this object, until then; nothing is asked for it.
  virtual Result<std::string> Presign(const Pinned& object, Millis valid) = 0;
};

struct WriteOutcome {
  enum class Kind {
    kCreated,        // by this write id, now or in an earlier attempt; nobody has replaced it since
    kTaken,          // somebody else's object has that key; nothing was changed
    kSourceGone,     // CopyNew: the source is not there any more
    kSourceChanged,  // CopyNew: the source is another by now
    kUnknown,  // it may have been created, or be created yet: ask again with the same write id
  };
  Kind kind = Kind::kUnknown;
  std::string etag = {};  // kCreated
  std::string version = {};
  std::string why = {};  // kUnknown, for a person
};

// A write id names one write of one object for ever, whoever repeats it: a lost answer is found
// again by it. Letters, digits and hyphens.
class StoreWriter : public StoreReader {
 public:
  // Creates the object with exactly these bytes if its key is free. Sent again after lost answers
  // and passing faults; what then became of it is looked up by its write id, never guessed.
  virtual Result<WriteOutcome> CreateNew(const std::string& key, const std::string& bytes,
                                         const std::string& write_id) = 0;
  // The same with the bytes, metadata, tags, storage class and encryption key of the source, which
  // must have an etag, inside the store and in parts where it is large. kRefused for an archived
  // source.
  virtual Result<WriteOutcome> CopyNew(const Pinned& source, const std::string& key,
                                       const std::string& write_id) = 0;
};

enum class RemoveOutcome { kRemoved, kAbsent, kChanged, kUnknown };

class Store : public StoreWriter {
 public:
  // Takes the object away if it still has this etag. Where the bucket keeps versions it lies there
  // as one from then on.
  virtual Result<RemoveOutcome> Remove(const Pinned& object) = 0;
  // For good: one version, which must be named.
  virtual Result<RemoveOutcome> RemoveVersion(const Pinned& object) = 0;
};

}  // namespace salvor::objects
