#include "testing/bigquery_server/googlesql/json_shape.h"

#include "testing/bigquery_server/googlesql/spelling.h"

namespace salvor::testing::bigquery::googlesql {

std::string JsonShape(const Type& type) {
  switch (type.kind) {
    case TypeKind::kInt64:
      return "I";
    case TypeKind::kFloat64:
      return "F";
    case TypeKind::kBool:
      return "L";
    case TypeKind::kString:
      return "S";
    case TypeKind::kBytes:
      return "B";
    case TypeKind::kDate:
      return "D";
    case TypeKind::kDatetime:
      return "W";
    case TypeKind::kTime:
      return "C";
    case TypeKind::kTimestamp:
      return "T";
    case TypeKind::kNumeric:
    case TypeKind::kBigNumeric:
      return "N";
    case TypeKind::kJson:
      return "J";
    case TypeKind::kArray:
      return "[" + JsonShape(ElementOf(type));
    case TypeKind::kStruct:
      break;
  }
  std::string shape = "{" + std::to_string(type.fields.size()) + ":";
  for (const Field& field : type.fields) {
    shape += std::to_string(field.name.size()) + ":" + field.name + JsonShape(field.type);
  }
  return shape;
}

}  // namespace salvor::testing::bigquery::googlesql
