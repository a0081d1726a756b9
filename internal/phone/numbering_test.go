package phone

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

var update = flag.Bool("update", false, "compile the library's metadata anew")

// numberingPlans compiles the library's metadata: the files in the directory numbering, by name.
func numberingPlans() map[string][]byte {
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		panic(err)
	}
	p := &plans{from: newCompiler(), to: newCompiler(), steps: [][prefixOctets]byte{{}}, layouts: []string{""}, zones: []string{""}}
	p.records = append(p.records, record{region: "ZZ"})
	metadata := slices.Clone(collection.GetMetadata())
	slices.SortFunc(metadata, func(a, b *phonenumbers.PhoneMetadata) int {
		return strings.Compare(a.GetId()+strconv.Itoa(int(a.GetCountryCode())), b.GetId()+strconv.Itoa(int(b.GetCountryCode())))
	})
	of := map[string]byte{} // by region, or country code where that has none
	for _, m := range metadata {
		of[key(m)] = byte(len(p.records))
		p.records = append(p.records, p.record(m))
	}
	if len(p.records) > 256 {
		panic("more regions than an octet can name")
	}

	codes := make([]byte, 1000)
	for code := range codes {
		regions := phonenumbers.GetRegionCodesForCountryCode(code)
		if len(regions) == 0 {
			continue
		}
		var members []*phonenumbers.PhoneMetadata
		var named []byte
		for _, region := range regions {
			name := region
			if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
				name = strconv.Itoa(code)
			}
			members = append(members, metadata[of[name]-1])
			named = append(named, of[name])
		}
		codes[code] = named[0]
		r := &p.records[named[0]]
		r.kinds, r.format = p.kinds(members, named), p.format(members[0])
	}
	regions := make([]byte, 26*26)
	for i, r := range p.records[1:] {
		if r.region != "ZZ" {
			regions[int(r.region[0]-'A')*26+int(r.region[1]-'A')] = byte(i + 1)
		}
	}
	zones := p.zoned()
	roots := []*uint16{&zones}
	for i := range p.records {
		r := &p.records[i]
		roots = append(roots, &r.general, &r.national, &r.abroad, &r.kinds, &r.format)
	}
	p.to.inOrder(roots)

	files := map[string][]byte{"codes": codes, "regions": regions}
	for _, n := range p.to.nodes {
		var b []byte
		for _, next := range n.next {
			b = binary.LittleEndian.AppendUint16(b, next)
		}
		b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, n.out), n.end)
		files["nodes"] = append(files["nodes"], b...)
	}
	for _, r := range p.records {
		b := append([]byte(r.region), 0, 0)
		for _, v := range []uint16{r.code, r.general, r.national, r.abroad, r.kinds, r.format} {
			b = binary.LittleEndian.AppendUint16(b, v)
		}
		b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, r.lengths), r.local)
		files["plans"] = append(files["plans"], append(b, make([]byte, 32-len(b))...)...)
	}
	for _, s := range p.steps {
		files["prefixes"] = append(files["prefixes"], s[:]...)
	}
	for _, l := range p.layouts {
		files["layouts"] = append(files["layouts"], append([]byte(l), make([]byte, 24-len(l))...)...)
	}
	files["zones"] = []byte(fmt.Sprintf("%d\n%s\n", zones, strings.Join(p.zones[1:], "\n")))
	return files
}

func key(m *phonenumbers.PhoneMetadata) string {
	if m.GetId() == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		return strconv.Itoa(int(m.GetCountryCode()))
	}
	return m.GetId()
}

// plans are the numbering plans as far as they are compiled.
type plans struct {
	from, to *compiler // one expression each; what the program reads
	records  []record
	steps    [][prefixOctets]byte
	layouts  []string
	zones    []string
}

type record struct {
	region                                         string
	code, general, national, abroad, kinds, format uint16
	lengths, local                                 uint32
}

func (p *plans) record(m *phonenumbers.PhoneMetadata) record {
	r := record{region: m.GetId(), code: uint16(m.GetCountryCode())}
	if r.region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY {
		r.region = "ZZ"
	}
	r.general = p.to.whole(m.GetGeneralDesc().GetNationalNumberPattern())
	if prefix := m.GetNationalPrefixForParsing(); prefix != "" {
		rule := m.GetNationalPrefixTransformRule()
		r.national = p.to.expression(prefix, func(groups []int) uint16 {
			last := groups[len(groups)-2:]
			if rule == "" || last[0] < 0 {
				return p.step(groups[1], 0, 0, "")
			}
			literal, group, ok := strings.Cut(rule, "$")
			n, err := strconv.Atoi(group)
			if !ok || err != nil {
				panic("the transform rule " + rule)
			}
			return p.step(groups[1], max(0, groups[2*n]), max(0, groups[2*n+1]), literal)
		})
	}
	if prefix := m.GetInternationalPrefix(); prefix != "" {
		r.abroad = p.to.expression(prefix, func(groups []int) uint16 { return p.step(groups[1], 0, 0, "") })
	}
	r.lengths, r.local = bitsOf(m.GetGeneralDesc().GetPossibleLength()), bitsOf(m.GetGeneralDesc().GetPossibleLengthLocalOnly())
	if r.lengths == 0 || m.GetGeneralDesc().GetNationalNumberPattern() == "" {
		panic("no lengths in " + r.region)
	}
	return r
}

func bitsOf(lengths []int32) (b uint32) {
	for _, l := range lengths {
		b |= 1 << l
	}
	return b
}

// step names what to do with a national prefix: its length, what of it is kept, and what is put in its place.
func (p *plans) step(length, from, to int, literal string) uint16 {
	s := [prefixOctets]byte{byte(length), byte(from), byte(to), byte(len(literal))}
	if copy(s[4:], literal) < len(literal) {
		panic("a long prefix")
	}
	for i := range literal {
		s[4+i] -= '0'
	}
	return name(&p.steps, s)
}

// name gives the place of v in list, where it is put if it is not there.
func name[T comparable](list *[]T, v T) uint16 {
	i := slices.Index(*list, v)
	if i < 0 || i == 0 {
		i = len(*list)
		*list = append(*list, v)
	}
	return uint16(i)
}

// kinds says of national numbers of one country code in which of its regions they are, and of which kind.
func (p *plans) kinds(members []*phonenumbers.PhoneMetadata, named []byte) uint16 {
	var roots []uint16
	leading := make([]int, len(members)) // which root tells the region by leading digits; -1
	first := make([]int, len(members))   // of the roots for the kinds
	for i, m := range members {
		leading[i] = -1
		if digits := m.GetLeadingDigits(); digits != "" && len(members) > 1 {
			leading[i] = len(roots)
			roots = append(roots, p.from.begins(digits))
		}
		first[i] = len(roots)
		for _, d := range descriptions(m) {
			roots = append(roots, p.described(d))
		}
	}
	return p.to.together(p.from, roots, func(nodes []uint16) uint16 {
		for i, m := range members {
			k := p.kind(m, nodes[first[i]:])
			if len(members) == 1 || leading[i] >= 0 && p.from.nodes[nodes[leading[i]]].end != 0 || leading[i] < 0 && k != Unknown {
				return uint16(named[i])<<4 | uint16(k)
			}
		}
		return 0
	})
}

// descriptions are those of a region's kinds, in the order in which the library asks them.
func descriptions(m *phonenumbers.PhoneMetadata) []*phonenumbers.PhoneNumberDesc {
	return []*phonenumbers.PhoneNumberDesc{
		m.GetGeneralDesc(), m.GetPremiumRate(), m.GetTollFree(), m.GetSharedCost(), m.GetVoip(), m.GetPersonalNumber(),
		m.GetPager(), m.GetUan(), m.GetVoicemail(), m.GetFixedLine(), m.GetMobile(),
	}
}

func (p *plans) kind(m *phonenumbers.PhoneMetadata, nodes []uint16) Kind {
	matches := func(i int) bool { return p.from.nodes[nodes[i]].end != 0 }
	if !matches(0) {
		return Unknown
	}
	for i, k := range []Kind{Premium, TollFree, Shared, VoIP, Personal, Pager, UAN, Voicemail} {
		if matches(i + 1) {
			return k
		}
	}
	fixed, mobile, same := matches(9), matches(10), m.GetSameMobileAndFixedLinePattern()
	switch {
	case fixed && (same || mobile):
		return FixedOrMobile
	case fixed:
		return Fixed
	case mobile && !same:
		return Mobile
	}
	return Unknown
}

func (p *plans) described(d *phonenumbers.PhoneNumberDesc) uint16 {
	if d.GetNationalNumberPattern() == "" {
		return 0
	}
	id := p.from.whole(d.GetNationalNumberPattern())
	if len(d.GetPossibleLength()) == 0 {
		return id
	}
	return p.from.together(p.from, []uint16{id, p.from.lengths(d.GetPossibleLength())}, func(nodes []uint16) uint16 {
		return p.from.nodes[nodes[0]].end & p.from.nodes[nodes[1]].end
	})
}

// format says how national numbers of the country code are laid out.
func (p *plans) format(m *phonenumbers.PhoneMetadata) uint16 {
	formats := m.GetIntlNumberFormat()
	if len(formats) == 0 {
		formats = m.GetNumberFormat()
	}
	var roots []uint16
	for _, f := range formats {
		if l := f.GetLeadingDigitsPattern(); len(l) > 0 {
			roots = append(roots, p.from.begins(l[len(l)-1]))
		} else {
			roots = append(roots, p.from.sink(1))
		}
		laid := func(groups []int) uint16 { return p.layout(f.GetFormat(), groups) }
		roots = append(roots, p.from.expression("(?:"+f.GetPattern()+")$", laid))
		free := p.from.expression(f.GetPattern(), laid) // ReplaceAllString does not ask for the end
		p.from.together(p.from, []uint16{roots[len(roots)-1], free}, func(nodes []uint16) uint16 {
			if end := p.from.nodes[nodes[0]].end; end != 0 && end != p.from.nodes[nodes[1]].end {
				panic("a format that matches less than it should: " + f.GetPattern())
			}
			return 0
		})
	}
	return p.to.together(p.from, roots, func(nodes []uint16) uint16 {
		for i := 0; i < len(nodes); i += 2 {
			if layout := p.from.nodes[nodes[i+1]].end; layout != 0 && p.from.nodes[nodes[i]].end != 0 {
				return layout
			}
		}
		return 0
	})
}

// layout names a format with # for each digit.
func (p *plans) layout(format string, groups []int) uint16 {
	var b strings.Builder
	at := 0
	for i := 0; i < len(format); i++ {
		if format[i] != '$' {
			b.WriteByte(format[i])
			continue
		}
		i++
		g := int(format[i] - '0')
		if groups[2*g] < 0 {
			continue
		}
		if groups[2*g] != at {
			panic("a format that changes the order: " + format)
		}
		at = groups[2*g+1]
		b.WriteString(strings.Repeat("#", at-groups[2*g]))
	}
	if at != groups[1] {
		panic("a format that leaves digits out: " + format)
	}
	return name(&p.layouts, b.String())
}

// zoned compiles which time zones numbers are in, country code and all.
func (p *plans) zoned() uint16 {
	known := zonesByPrefix()
	deeper := map[string]bool{}
	for prefix := range known {
		for i := range prefix {
			deeper[prefix[:i]] = true
		}
	}
	var descend func(prefix string, above uint16) uint16
	descend = func(prefix string, above uint16) uint16 {
		if z, ok := known[prefix]; ok {
			if above = 0; z != phonenumbers.UNKNOWN_TIMEZONE {
				above = name(&p.zones, z)
			}
		}
		if !deeper[prefix] {
			return p.to.sink(above)
		}
		n := compiled{out: above, end: above}
		for d := range n.next {
			n.next[d] = descend(prefix+strconv.Itoa(d), above)
		}
		return p.to.add(n)
	}
	return descend("", 0)
}

// zonesByPrefix reads the library's own table, which it keeps to itself: names of zones with spaces between, by prefix.
func zonesByPrefix() map[string]string {
	source, _ := runtime.FuncForPC(reflect.ValueOf(phonenumbers.GetTimezonesForPrefix).Pointer()).FileLine(0)
	file, err := os.Open(filepath.Join(filepath.Dir(source), "data", "prefix_to_timezone.xml.gz"))
	if err != nil {
		panic(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		panic(err)
	}
	raw, err := io.ReadAll(unzipped)
	if err != nil {
		panic(err)
	}
	// The octets of the names, lines of names, the number of prefixes; then for each its distance from the last one, the
	// number of its zones, and the lines of their names.
	size := binary.LittleEndian.Uint32(raw)
	names := strings.Split(string(raw[4:4+size]), "\n")
	raw = raw[4+size:]
	count := binary.LittleEndian.Uint32(raw)
	raw = raw[4:]
	zones, prefix := map[string]string{}, uint64(0)
	for range count {
		distance, n := binary.Uvarint(raw)
		prefix += distance
		var of []string
		for i := range int(raw[n]) {
			of = append(of, names[binary.LittleEndian.Uint16(raw[n+1+2*i:])])
		}
		zones[strconv.FormatUint(prefix, 10)] = strings.Join(of, " ")
		raw = raw[n+1+2*len(of):]
	}
	return zones
}

func TestTablesAreCompiledFromTheLibrary(t *testing.T) {
	files := numberingPlans()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := "numbering/" + name
		if *update {
			if err := os.WriteFile(path, files[name], 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, files[name]) {
			t.Errorf("%s is not what the library's metadata compile to: go test ./internal/phone -run=Tables -update", path)
		}
	}
}
