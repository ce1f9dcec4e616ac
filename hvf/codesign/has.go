package codesign

import "regexp"

// Has says whether the signature of the program in file contains an entitlement. It
// returns an error if there is no signature, or none that it can read.
func Has(file []byte, entitlement string) (bool, error) {
	plist, err := EntitlementsXML(file)
	if err != nil {
		return false, err
	}
	isTrue := regexp.MustCompile(`<key>\s*` + regexp.QuoteMeta(entitlement) + `\s*</key>\s*<true\s*/>`)
	return isTrue.Match(plist), nil
}
