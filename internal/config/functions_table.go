package config

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"slices"
	"strings"

	"github.com/hashicorp/go-cty-funcs/cidr"
	"github.com/hashicorp/go-cty-funcs/collection"
	"github.com/hashicorp/go-cty-funcs/crypto"
	"github.com/hashicorp/go-cty-funcs/encoding"
	"github.com/hashicorp/go-cty-funcs/filesystem"
	"github.com/hashicorp/go-cty-funcs/uuid"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// builtin is a function that expressions may call.
type builtin struct {
	name string
	says string // what it gives, as one sentence
	call function.Function
	open bool // it must see what it is given as it is: marks, or expressions that are not evaluated yet
}

// functionGroup is a group of functions, as the documentation has them.
type functionGroup struct {
	title     string
	functions []builtin
}

// functionTable is every function; those that read files are confined. Names, parameters and results are Terraform's, apart from the
// last group's.
func functionTable(files confinement) []functionGroup {
	groups := []functionGroup{
		{"Numbers", []builtin{
			{name: "abs", says: "The number without its sign.", call: stdlib.AbsoluteFunc},
			{name: "ceil", says: "The next whole number that is not below the number.", call: stdlib.CeilFunc},
			{name: "floor", says: "The next whole number that is not above the number.", call: stdlib.FloorFunc},
			{name: "log", says: "The logarithm of a number to a base.", call: logFunc},
			{name: "max", says: "The greatest of the numbers.", call: stdlib.MaxFunc},
			{name: "min", says: "The least of the numbers.", call: stdlib.MinFunc},
			{name: "parseint", says: "The whole number that a text stands for in a base from 2 to 62.", call: stdlib.ParseIntFunc},
			{name: "pow", says: "A number raised to a power.", call: powFunc},
			{name: "signum", says: "-1, 0 or 1: the sign of a number.", call: stdlib.SignumFunc},
			{name: "sum", says: "The sum of the numbers of a list or set, which must have one.", call: sumFunc},
		}},
		{"Texts", []builtin{
			{name: "chomp", says: "The text without the line ends at its end.", call: stdlib.ChompFunc},
			{name: "endswith", says: "Whether a text ends with another.", call: stringTest("suffix", strings.HasSuffix)},
			{name: "format", says: "A text with values put in at its verbs, such as %s and %d.", call: stdlib.FormatFunc},
			{name: "formatlist", says: "A text for each element of the lists, made as format makes it.", call: stdlib.FormatListFunc},
			{name: "indent", says: "The text with spaces before each of its lines but the first.", call: stdlib.IndentFunc},
			{name: "join", says: "The elements of lists of texts, one after the other, with a separator between them.", call: stdlib.JoinFunc},
			{name: "lower", says: "The text in lower case.", call: stdlib.LowerFunc},
			{name: "regex", says: "What a regular expression matches first: a text, a list of its unnamed groups, or an object of its named ones.", call: stdlib.RegexFunc},
			{name: "regexall", says: "Everything that a regular expression matches, as a list of what regex gives.", call: stdlib.RegexAllFunc},
			{name: "replace", says: "The text with a part replaced wherever it stands; between slashes, the part is a regular expression.", call: replaceFunc},
			{name: "split", says: "The parts of a text between its separators.", call: stdlib.SplitFunc},
			{name: "startswith", says: "Whether a text begins with another.", call: stringTest("prefix", strings.HasPrefix)},
			{name: "strcontains", says: "Whether a text has another in it.", call: stringTest("substr", strings.Contains)},
			{name: "strrev", says: "The text with its characters in reverse order.", call: stdlib.ReverseFunc},
			{name: "substr", says: "A part of a text, by its first character and its length; a negative offset counts from the end, and the length -1 means the rest.", call: stdlib.SubstrFunc},
			{name: "title", says: "The text with the first letter of each word in upper case.", call: stdlib.TitleFunc},
			{name: "trim", says: "The text without certain characters at its start and end.", call: stdlib.TrimFunc},
			{name: "trimprefix", says: "The text without a prefix, where it has that.", call: stdlib.TrimPrefixFunc},
			{name: "trimspace", says: "The text without white space at its start and end.", call: stdlib.TrimSpaceFunc},
			{name: "trimsuffix", says: "The text without a suffix, where it has that.", call: stdlib.TrimSuffixFunc},
			{name: "upper", says: "The text in upper case.", call: stdlib.UpperFunc},
		}},
		{"Collections", []builtin{
			{name: "alltrue", says: "Whether all elements of a list are true; so it is when there are none.", call: allTrueFunc},
			{name: "anytrue", says: "Whether any element of a list is true.", call: anyTrueFunc},
			{name: "chunklist", says: "The list in pieces of a size.", call: stdlib.ChunklistFunc},
			{name: "coalesce", says: "The first argument that is neither null nor an empty text.", call: collection.CoalesceFunc},
			{name: "coalescelist", says: "The first list that is neither null nor empty.", call: stdlib.CoalesceListFunc},
			{name: "compact", says: "The list of texts without those that are empty or null.", call: stdlib.CompactFunc},
			{name: "concat", says: "The elements of all lists, one list after the other.", call: stdlib.ConcatFunc},
			{name: "contains", says: "Whether a list or set has a value among its elements.", call: containsFunc},
			{name: "distinct", says: "The list without the elements that stood in it before.", call: distinctFunc},
			{name: "element", says: "The element of a list at an index that begins again behind the end.", call: stdlib.ElementFunc},
			{name: "flatten", says: "The list with the elements of the lists in it, however deep, in their place.", call: stdlib.FlattenFunc},
			{name: "index", says: "Where a list has a value first, counted from 0.", call: indexFunc},
			{name: "keys", says: "The keys of a map or object, sorted.", call: stdlib.KeysFunc},
			{name: "length", says: "How many elements a collection has, or characters a text.", call: lengthFunc},
			{name: "lookup", says: "The value that a map has under a key, or else a default.", call: lookupFunc},
			{name: "matchkeys", says: "The elements of a list at whose places another list has one of the values searched for.", call: matchKeysFunc},
			{name: "merge", says: "One map or object of all; what comes later counts.", call: stdlib.MergeFunc},
			{name: "one", says: "The only element of a list, or null where it is empty.", call: oneFunc},
			{name: "range", says: "The numbers from a start, 0 unless given, to before a limit; 1,024 at most.", call: stdlib.RangeFunc},
			{name: "reverse", says: "The list in reverse order.", call: stdlib.ReverseListFunc},
			{name: "setintersection", says: "The elements that all sets have.", call: stdlib.SetIntersectionFunc},
			{name: "setproduct", says: "All combinations of one element of each set or list.", call: stdlib.SetProductFunc},
			{name: "setsubtract", says: "The elements of the first set that the second lacks.", call: stdlib.SetSubtractFunc},
			{name: "setunion", says: "The elements of all sets.", call: stdlib.SetUnionFunc},
			{name: "slice", says: "The elements of a list from one index to before another.", call: stdlib.SliceFunc},
			{name: "sort", says: "The list of texts in the order of their characters.", call: stdlib.SortFunc},
			{name: "transpose", says: "The map from each element of the lists to the keys under which it stood.", call: transposeFunc},
			{name: "values", says: "The values of a map or object, in the order of their keys.", call: stdlib.ValuesFunc},
			{name: "zipmap", says: "The map of a list of keys and a list of values.", call: stdlib.ZipmapFunc},
		}},
		{"Encodings", []builtin{
			{name: "base64decode", says: "The text, in UTF-8, that Base64 stands for.", call: base64DecodeFunc},
			{name: "base64encode", says: "The Base64 of a text in UTF-8.", call: encoding.Base64EncodeFunc},
			{name: "base64gzip", says: "The Base64 of a text that is compressed with gzip.", call: base64GzipFunc},
			{name: "csvdecode", says: "The rows of a CSV as a list of objects; its first line names the columns.", call: stdlib.CSVDecodeFunc},
			{name: "jsondecode", says: "The value that a JSON text stands for.", call: stdlib.JSONDecodeFunc},
			{name: "jsonencode", says: "The value as JSON on one line.", call: stdlib.JSONEncodeFunc},
			{name: "textdecodebase64", says: "The text that Base64 stands for, in an encoding with a name of the IANA.", call: textDecodeBase64Func},
			{name: "textencodebase64", says: "The Base64 of a text in an encoding with a name of the IANA.", call: textEncodeBase64Func},
			{name: "urlencode", says: "The text as a part of a query in a URL.", call: encoding.URLEncodeFunc},
			{name: "yamldecode", says: "The value that a YAML text stands for.", call: ctyyaml.YAMLDecodeFunc},
			{name: "yamlencode", says: "The value as YAML.", call: ctyyaml.YAMLEncodeFunc},
		}},
		{"Files", append(fileFunctions(files),
			builtin{name: "basename", says: "The last part of a path.", call: filesystem.BasenameFunc},
			builtin{name: "dirname", says: "The path without its last part.", call: filesystem.DirnameFunc},
		)},
		{"Times", []builtin{
			{name: "formatdate", says: "A time in another form, such as \"DD MMM YYYY\".", call: stdlib.FormatDateFunc},
			{name: "timeadd", says: "The time that is a duration, such as \"90m\", after another.", call: stdlib.TimeAddFunc},
			{name: "timecmp", says: "-1, 0 or 1: whether a time is before, at or after another.", call: timeCompareFunc},
		}},
		{"Digests", []builtin{
			{name: "base64sha256", says: "The SHA-256 digest of a text in Base64.", call: base64Digest(sha256.New)},
			{name: "base64sha512", says: "The SHA-512 digest of a text in Base64.", call: base64Digest(sha512.New)},
			{name: "md5", says: "The MD5 digest of a text in hexadecimal digits.", call: crypto.Md5Func},
			{name: "rsadecrypt", says: "What was encrypted with an RSA key, from Base64.", call: rsaDecryptFunc},
			{name: "sha1", says: "The SHA-1 digest of a text in hexadecimal digits.", call: crypto.Sha1Func},
			{name: "sha256", says: "The SHA-256 digest of a text in hexadecimal digits.", call: crypto.Sha256Func},
			{name: "sha512", says: "The SHA-512 digest of a text in hexadecimal digits.", call: crypto.Sha512Func},
			{name: "uuidv5", says: "The UUID of a name in a namespace: dns, url, oid, x500 or another UUID.", call: uuid.V5Func},
		}},
		{"Networks", []builtin{
			{name: "cidrhost", says: "The address of a host, by its number, in a network.", call: cidr.HostFunc},
			{name: "cidrnetmask", says: "The mask of an IPv4 network.", call: netmaskFunc},
			{name: "cidrsubnet", says: "A part, by its number, of a network whose prefix grows by some bits.", call: subnetFunc},
			{name: "cidrsubnets", says: "Parts of a network one after the other, each by the bits that its prefix grows by.", call: cidr.SubnetsFunc},
		}},
		{"Types", []builtin{
			{name: "can", says: "Whether an expression has a value.", call: tryfunc.CanFunc, open: true},
			{name: "ephemeralasnull", says: "The value with null wherever it is ephemeral.", call: ephemeralAsNullFunc, open: true},
			{name: "issensitive", says: "Whether a value is sensitive.", call: isSensitiveFunc, open: true},
			{name: "nonsensitive", says: "The value, no longer sensitive.", call: nonsensitiveFunc, open: true},
			{name: "sensitive", says: "The value, which is then never shown.", call: sensitiveFunc, open: true},
			{name: "tobool", says: "The value as a bool.", call: stdlib.MakeToFunc(cty.Bool)},
			{name: "tolist", says: "The value as a list.", call: stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType))},
			{name: "tomap", says: "The value as a map.", call: stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType))},
			{name: "tonumber", says: "The value as a number.", call: stdlib.MakeToFunc(cty.Number)},
			{name: "toset", says: "The value as a set.", call: stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType))},
			{name: "tostring", says: "The value as a text.", call: stdlib.MakeToFunc(cty.String)},
			{name: "try", says: "The value of the first expression that has one.", call: tryfunc.TryFunc, open: true},
		}},
		{"Messages", []builtin{
			{name: "phone", says: "The E.164 digits of a telephone number; region says how it is read where it has no country code.", call: phoneFunc},
			{name: "phone_valid", says: "Whether phone takes it.", call: phoneValidFunc},
			{name: "sms_encoding", says: "\"gsm7\" or \"ucs2\": how a text goes over the air.", call: smsEncodingFunc},
			{name: "sms_gsm7", says: "The text with typographic quotes, dashes and the like replaced by what GSM 03.38 has.", call: smsGSM7Func},
			{name: "sms_segments", says: "How many segments a text takes.", call: smsSegmentsFunc},
			{name: "sms_truncate", says: "The longest start of a text that fits into some segments; it cuts no character in two.", call: smsTruncateFunc},
		}},
	}
	file, text := templateFunctions(files, callable(groups))
	for i, g := range groups {
		switch g.title {
		case "Files":
			groups[i].functions = append(g.functions, file)
		case "Texts":
			groups[i].functions = append(g.functions, text)
		}
		slices.SortFunc(groups[i].functions, func(a, b builtin) int { return strings.Compare(a.name, b.name) })
	}
	return groups
}

func base64Digest(newHash func() hash.Hash) function.Function {
	return textFunction("str", func(s string) (string, error) {
		h := newHash()
		h.Write([]byte(s))
		return base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
	})
}
