// Where S3 is, and how a bucket's name is put into its address.
#pragma once

#include <string>

#include "base/result.h"
#include "io/environment.h"
#include "objects/aws/profile.h"

namespace salvor::objects::s3 {

struct Endpoint {
  std::string url = {};     // without a slash at the end; "" is AWS's own, by region
  std::string region = {};  // that requests are signed for; learnt anew where AWS says another
  bool path_style = false;  // the bucket's name stands in the path, not in the host

  // The address of an object, or of the bucket where the key is empty; escaped.
  [[nodiscard]] std::string UrlOf(const std::string& bucket, const std::string& key) const;
};

// What flags or salvor.yaml say; all may be empty.
struct EndpointChoice {
  std::string url = {};
  std::string region = {};
};

// In AWS's order: what is asked for, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's service
// section, its endpoint_url; AWS_IGNORE_CONFIGURED_ENDPOINT_URLS. The path style is for endpoints
// that are named, as in AWS's command line, unless the profile's s3.addressing_style says
// otherwise. Without a region, us-east-1: AWS itself names the right one. kInvalidArgument for what
// is no URL.
Result<Endpoint> FindEndpoint(const io::Environment& environment, const aws::Profiles& profiles,
                              const aws::Settings& profile, const EndpointChoice& choice);

}  // namespace salvor::objects::s3
