package codesign

import "regexp"

// Has says whether the program in file has an entitlement in its signature. An
// error says that it has no signature, or none that can be read.
func Has(file []byte, entitlement string) (bool, error) {
	plist, err := EntitlementsXML(file)
	if err != nil {
		return false, err
	}
	isTrue := regexp.MustCompile(`<key>\s*` + regexp.QuoteMeta(entitlement) + `\s*</key>\s*<true\s*/>`)
	return isTrue.Match(plist), nil
}
