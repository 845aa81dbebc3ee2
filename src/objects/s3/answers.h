// S3's answers as values.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/client.h"
#include "objects/store/store.h"

namespace salvor::objects::s3 {

inline constexpr const char* kMetadataPrefix = "x-amz-meta-";
// Of the object's metadata: which write made it.
inline constexpr const char* kWriteId = "salvor-write-id";

// Without the quotes around it, and with them.
std::string BareEtag(std::string_view etag);
std::string QuotedEtag(const std::string& etag);

// A page of ListObjectsV2, or of ListObjectVersions, asked for with encoding-type=url. kCorrupt for
// another answer; kUnsupported where keys are not in order, as in a directory bucket.
Result<Page> ReadPage(const std::string& body, const std::string& where);
Result<VersionPage> ReadVersions(const std::string& body, const std::string& where);

// Of a HEAD with status 200.
Result<ObjectDetails> ReadDetails(const http::Response& response, const std::string& key);

}  // namespace salvor::objects::s3
